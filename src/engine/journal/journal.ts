import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../../base/errors.js';
import { hideFromGit, makeFolder } from '../../base/files.js';
import { ioError } from '../../base/io-error.js';
import type { RunEvent } from '../events.js';
import { ownController } from './controller.js';
import { hostLog } from './host-log.js';
import type { JournalHeader } from './journal-schema.js';

/** The number changes when a field changes its meaning or is removed, not when one is added. */
const JOURNAL_SCHEMA = 'kubewright.journal/1';

/** What the caller knows about a run and the engine does not, for the journal's first line. */
export type RunAbout = Partial<
  Pick<JournalHeader, 'kubewright' | 'command' | 'cwd' | 'inventory' | 'playbook' | 'limit' | 'tags' | 'skipTags' | 'started'>
>;

/** The first line of every journal. @param started milliseconds since the epoch, used if `about` has no start. */
export function journalHeader(o: {
  run: string;
  title: string;
  check: boolean;
  started: number;
  about?: RunAbout;
}): JournalHeader {
  const { user, host, process } = ownController();
  const { run, title, check } = o;
  const started = new Date(o.started).toISOString();
  return { schema: JOURNAL_SCHEMA, run, title, user, host, process, check, started, ...o.about };
}

/** `20261124-103000-1f4a2b`: local time, milliseconds in hexadecimal so that names sort by start, and three random digits. */
export function newRunId(now: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  const ms = now.getMilliseconds().toString(16).padStart(3, '0');
  return `${day}-${time}-${ms}${randomBytes(2).toString('hex').slice(1)}`;
}

/**
 * A run's directory: `events.jsonl` for programs (docs/journal.md), `HOST.log` for people. Written without buffering, so that
 * a crash of ours loses nothing. The events are already masked and escaped.
 */
export class Journal {
  readonly dir: string;
  readonly #events: number;
  readonly #logs = new Map<string, number>();
  /** Files whose last line was written only in part. */
  readonly #torn = new Set<number>();
  #troubled = false;
  #closed = false;

  /** @throws InputError if it cannot be written. */
  constructor(journalDir: string, header: JournalHeader) {
    const root = resolve(journalDir);
    const { run } = header;
    this.dir = join(root, run);
    try {
      makeFolder(this.dir, 0o700);
      hideFromGit(dirname(root));
      this.#events = openSync(join(this.dir, 'events.jsonl'), 'a', 0o600);
      this.#append(this.#events, JSON.stringify(header));
      const link = join(root, `.latest-${run}`);
      rmSync(link, { force: true });
      symlinkSync(run, link);
      renameSync(link, join(root, 'latest'));
    } catch (cause) {
      throw new InputError(
        ioError(
          'The journal of the run cannot be written',
          this.dir,
          cause,
          'Name a writable directory on a disk with free space: --journal-dir DIR',
        ),
      );
    }
  }

  /**
   * After `close` it does nothing: another file may have the file descriptor by then.
   *
   * A full disk does not stop a run: later events are still tried, on lines of their own.
   * @returns the error, the first time that something cannot be written.
   */
  write(event: RunEvent): string | undefined {
    if (this.#closed) return undefined;
    try {
      this.#append(this.#events, JSON.stringify(event));
      for (const [host, text] of logLines(event)) this.#append(this.#log(host), text);
    } catch (error) {
      if (this.#troubled) return undefined;
      this.#troubled = true;
      return error instanceof Error ? error.message : String(error);
    }
    return undefined;
  }

  #append(fd: number, line: string): void {
    const bytes = Buffer.from(`${this.#torn.has(fd) ? '\n' : ''}${line}\n`);
    this.#torn.add(fd);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    this.#torn.delete(fd);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const fd of [this.#events, ...this.#logs.values()]) closeSync(fd);
    this.#logs.clear();
  }

  #log(host: string): number {
    const known = this.#logs.get(host);
    if (known !== undefined) return known;
    const fd = openSync(join(this.dir, hostLog(host)), 'a', 0o600);
    this.#logs.set(host, fd);
    return fd;
  }
}

function logLines(e: RunEvent): [host: string, text: string][] {
  const time = new Date(e.at).toISOString().slice(11, 19);
  switch (e.type) {
    case 'play-start':
      return e.hosts.map((host) => [host, `${time} === ${e.play} (${e.tasks[host] ?? 0} tasks)`]);
    case 'task-start':
      return [[e.host, `${time} [${e.n}/${e.of}] ${e.title} (${e.task})`]];
    case 'task-output':
      return [[e.host, `         | ${e.text}`]];
    case 'task-end': {
      const lines = [`${time}   ${e.status} after ${e.ms} ms${e.code === undefined ? '' : `, exit status ${e.code}`}`];
      if (e.diff) lines.push(indent(e.diff, '         ~ '));
      if (e.tail) lines.push(indent(e.tail.join('\n'), '         ! '));
      if (e.hint) lines.push(`         hint: ${e.hint}`);
      return lines.map((l) => [e.host, l]);
    }
    case 'host-lost':
      return [[e.host, `${time} connection lost (try ${e.attempt}): ${e.error}`]];
    case 'host-back':
      return [[e.host, `${time} connected again`]];
    case 'host-unreachable':
    case 'host-failed':
      return [[e.host, `${time} ${e.type === 'host-failed' ? 'failed' : 'unreachable'}: ${e.error}`]];
    case 'warning':
      return e.host ? [[e.host, `${time} warning: ${e.text}`]] : [];
    default:
      return [];
  }
}

function indent(text: string, by: string): string {
  return text
    .split('\n')
    .map((l) => by + l)
    .join('\n');
}
