import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../base/io-error.js';
import type { RunEvent } from '../events.js';
import { ownController, processState } from './controller.js';
import { type JournalHeader, parseLine } from './journal-schema.js';

type RunStart = Extract<RunEvent, { type: 'run-start' }>;
type RunEnd = Extract<RunEvent, { type: 'run-end' }>;

/**
 * `done`: it has an end, see its exit code. `running`: its process is alive. `died`: its process is gone and wrote no end.
 * `unknown`: it has no end, and its process ran elsewhere or is not named in the journal.
 */
type RunState = 'done' | 'running' | 'died' | 'unknown';

/** The parts that a list of runs needs: the first lines and the last one. */
export interface RunEnds {
  readonly run: string;
  readonly dir: string;
  readonly state: RunState;
  /** Absent in journals of versions before the header. */
  readonly header?: JournalHeader;
  readonly start?: RunStart;
  readonly end?: RunEnd;
}

export interface Journaled extends RunEnds {
  readonly events: readonly RunEvent[];
  /** Types of events that this version does not know, with their counts. */
  readonly unknown: ReadonlyMap<string, number>;
  /** Lines that are not events, such as the torn last line of a killed process. */
  readonly broken: number;
}

const EVENTS_FILE = 'events.jsonl';
/** Bytes read from each end for a list. A recap of 500 hosts takes about 60 KiB. */
const HEAD = 64 * 1024;
const TAIL = 128 * 1024;

/** Names of the runs with a journal in a directory, oldest first; none if the directory does not exist. */
export function runsIn(journalDir: string): string[] {
  let names: string[];
  try {
    names = readdirSync(journalDir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? [e.name] : []));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
  // Names begin with the time.
  return names.filter((n) => /^\d{8}-\d{6}-/.test(n)).sort();
}

/**
 * @param o.only skips other events without parsing them: a long run's journal is mostly output.
 * @throws the error of the file system if the directory has no journal.
 */
export function readJournal(dir: string, run: string, o: { only?: readonly RunEvent['type'][] } = {}): Journaled {
  const marks = o.only?.map((type) => `"type":"${type}"`);
  const events: RunEvent[] = [];
  const unknown = new Map<string, number>();
  let header: JournalHeader | undefined;
  let broken = 0;
  for (const line of readFileSync(join(dir, EVENTS_FILE), 'utf8').split('\n')) {
    if (line === '' || (marks && !marks.some((m) => line.includes(m)))) continue;
    const parsed = parseLine(line);
    if (parsed.kind === 'event') events.push(parsed.event);
    else if (parsed.kind === 'header') header ??= parsed.header;
    else if (parsed.kind === 'unknown') unknown.set(parsed.type, (unknown.get(parsed.type) ?? 0) + 1);
    else broken++;
  }
  const start = events.find((e) => e.type === 'run-start');
  const end = events.findLast((e) => e.type === 'run-end');
  return { run, dir, header, start, end, state: stateOf(header, end), events, unknown, broken };
}

/** The same without the middle, so that a list of long runs is fast. @throws like readJournal */
export function readEnds(dir: string, run: string): RunEnds {
  const { head, tail } = bothEnds(join(dir, EVENTS_FILE));
  let header: JournalHeader | undefined;
  let start: RunStart | undefined;
  for (const line of head.split('\n')) {
    const parsed = parseLine(line);
    if (parsed.kind === 'header') header ??= parsed.header;
    else if (parsed.kind === 'event' && parsed.event.type === 'run-start') {
      start = parsed.event;
      break;
    }
  }
  let end: RunEnd | undefined;
  for (const line of tail.trimEnd().split('\n').slice(-2).reverse()) {
    const parsed = parseLine(line);
    if (parsed.kind === 'event' && parsed.event.type === 'run-end') end ??= parsed.event;
  }
  return { run, dir, header, start, end, state: stateOf(header, end) };
}

function stateOf(header: JournalHeader | undefined, end: RunEnd | undefined): RunState {
  if (end) return 'done';
  if (!header) return 'unknown';
  const state = processState({ user: header.user, host: header.host, process: header.process }, ownController());
  return state === 'alive' ? 'running' : state === 'gone' ? 'died' : 'unknown';
}

function bothEnds(file: string): { head: string; tail: string } {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    if (size <= HEAD + TAIL) {
      const whole = readFileSync(fd, 'utf8');
      return { head: whole, tail: whole };
    }
    return { head: piece(fd, 0, HEAD), tail: piece(fd, size - TAIL, TAIL) };
  } finally {
    closeSync(fd);
  }
}

function piece(fd: number, position: number, length: number): string {
  const buffer = Buffer.alloc(length);
  return buffer.toString('utf8', 0, readSync(fd, buffer, 0, length, position));
}
