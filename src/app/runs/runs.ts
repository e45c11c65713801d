import { existsSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from '../../base/errors.js';
import { ioError } from '../../base/io-error.js';
import { nearestName } from '../../base/nearest.js';
import { wholeFile } from '../../base/place.js';
import { hasColor } from '../../base/text/color.js';
import { writeWarning } from '../../base/text/render-error.js';
import { stdoutColumns } from '../../base/text/table.js';
import { wrapTo } from '../../base/text/width.js';
import { DEFAULT_JOURNAL_DIR } from '../../engine/defaults.js';
import { type Journaled, type RunEnds, readEnds, readJournal, runsIn } from '../../engine/journal/journal-read.js';
import { painter } from '../../ui/format.js';
import { runJson } from '../../ui/runs/run-json.js';
import { runListRows } from '../../ui/runs/run-list.js';
import { runModel } from '../../ui/runs/run-model.js';
import { runHead, runText } from '../../ui/runs/run-text.js';

export interface RunsOptions {
  /** Default: `.kubewright/runs` in the working directory. */
  readonly journalDir?: string;
}

export interface RunsListOptions extends RunsOptions {
  /** Only the newest N; absent: all. */
  readonly last?: number;
  /** Newest first. */
  readonly reverse: boolean;
  readonly json: boolean;
}

export interface RunsShowOptions extends RunsOptions {
  readonly run: string;
  /** Names of hosts, comma-separated; `*` matches any characters. */
  readonly host?: string;
  readonly failed: boolean;
  readonly json: boolean;
}

/** `runs list`. */
export function runsList(o: RunsListOptions): number {
  const dir = journalDir(o);
  const names = namesIn(dir);
  const wanted = o.last === undefined ? names : names.slice(-o.last);
  const runs = wanted.flatMap((name) => tryEnds(dir, name));
  if (o.reverse) runs.reverse();
  if (o.json) print(JSON.stringify(runs.map(listJson), null, 2));
  else if (runs.length === 0)
    for (const line of wrapTo(`No runs yet in ${dir}; runs are kept per directory, see --journal-dir`, stdoutColumns() ?? 1000))
      print(line);
  else for (const line of runListRows(runs, { columns: process.stdout.columns, paint: paint() })) print(line);
  return 0;
}

/** `runs show`. */
export function runsShow(o: RunsShowOptions): number {
  const journal = openRun(o, o.run);
  const model = { ...runModel(journal.events), dir: journal.dir };
  const hosts = o.host === undefined ? undefined : matchHosts(model.hosts, o.host);
  if (o.json) print(JSON.stringify(runJson(journal, model, { hosts, failedOnly: o.failed }), null, 2));
  else {
    for (const line of runHead(journal, model, paint())) print(line);
    for (const line of runText(model, { hosts, failedOnly: o.failed, slowest: 10, paint: paint() })) print(line);
  }
  return 0;
}

export interface RunsPruneOptions extends RunsOptions {
  /** Number of the newest runs to keep. */
  readonly keep: number;
  /** Only report what would be removed. */
  readonly dryRun: boolean;
}

/** `runs prune`. Keeps runs in progress, and those that may be: without an end, and written to within a day. */
export function runsPrune(o: RunsPruneOptions): number {
  const dir = journalDir(o);
  let removed = 0;
  const all = namesIn(dir);
  for (const run of all.slice(0, Math.max(0, all.length - o.keep))) {
    const path = join(dir, run);
    const [ends] = tryEnds(dir, run);
    if (!ends || ends.state === 'running' || (ends.state === 'unknown' && writtenWithin(path, DAY_MS))) continue;
    if (!o.dryRun) remove(path);
    print(`${o.dryRun ? 'would remove' : 'removed'} ${run}`);
    removed++;
  }
  print(`${removed} of ${all.length} runs ${o.dryRun ? 'would be removed' : 'removed'}`);
  const latest = join(dir, 'latest');
  // A link to a run that is removed.
  if (removed > 0 && !o.dryRun && !existsSync(latest)) rmSync(latest, { force: true });
  return 0;
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true });
  } catch (cause) {
    throw new InputError(
      ioError('Cannot remove the journal of this run', path, cause, 'Check the owner and permissions of the directory'),
    );
  }
}

const DAY_MS = 24 * 3600 * 1000;

function writtenWithin(dir: string, ms: number): boolean {
  return Date.now() - statSync(join(dir, 'events.jsonl')).mtimeMs < ms;
}

export function journalDir(o: RunsOptions): string {
  return resolve(o.journalDir ?? DEFAULT_JOURNAL_DIR);
}

/** A run by its name, a unique part of it, or `latest`. @throws InputError that suggests similar names. */
export function openRun(o: RunsOptions, name: string): Journaled {
  const dir = journalDir(o);
  const names = namesIn(dir);
  const found = name === 'latest' ? names.slice(-1) : names.includes(name) ? [name] : names.filter((n) => n.includes(name));
  const [run] = found;
  if (names.length === 0) {
    throw new InputError({
      what: 'There are no runs here yet',
      where: wholeFile(dir),
      why: 'Runs are kept per directory, in the one that the command is started in',
      fix: 'Change to that directory, or name its .kubewright/runs with --journal-dir DIR',
    });
  }
  if (run === undefined || found.length > 1) {
    throw new InputError({
      what: found.length > 1 ? `${found.length} runs match "${name}"` : `There is no run ${name}`,
      where: wholeFile(dir),
      why: found.length > 1 ? found.slice(-5).join(', ') : undefined,
      fix: near(name, names) ?? 'Run kubewright runs list to see the runs, or use --journal-dir DIR',
    });
  }
  return readable(join(dir, run), run);
}

/** @throws InputError if nothing in it can be read. */
function readable(dir: string, run: string): Journaled {
  try {
    const journal = readJournal(dir, run);
    if (journal.header || journal.events.length > 0) return journal;
    throw new Error('It has no valid line');
  } catch (cause) {
    throw new InputError(
      ioError(
        'Cannot read the journal of this run',
        dir,
        cause,
        'Check the permissions of the directory; if the journal is damaged (a full disk?), see the *.log files in it',
      ),
    );
  }
}

/** @throws InputError if the directory exists and cannot be read. */
function namesIn(dir: string): string[] {
  try {
    return runsIn(dir);
  } catch (cause) {
    throw new InputError(
      ioError('Cannot list the journals', dir, cause, 'Check the permissions of the directory, or use --journal-dir DIR'),
    );
  }
}

function near(name: string, names: readonly string[]): string | undefined {
  const nearest = nearestName(name, names);
  return nearest === undefined ? undefined : `Did you mean ${nearest}?`;
}

/** Empty, with a warning, for an unreadable journal: the others are still listed. */
function tryEnds(dir: string, name: string): RunEnds[] {
  try {
    return [readEnds(join(dir, name), name)];
  } catch (error) {
    writeWarning({ what: `Cannot read the journal of ${name}`, why: error instanceof Error ? error.message : String(error) });
    return [];
  }
}

function listJson(r: RunEnds): unknown {
  const { run, dir, state, header, start, end } = r;
  return {
    ...{ run, dir, state, header, title: header?.title ?? start?.title, started: header?.started ?? iso(start?.at) },
    hosts: start?.hosts,
    ...(end ? { ended: iso(end.at), ms: end.ms, exitCode: end.exitCode, recap: end.recap } : {}),
  };
}

function iso(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}

function matchHosts(hosts: readonly string[], pattern: string): Set<string> {
  const patterns = pattern.split(',').map((p) => {
    const source = p
      .trim()
      .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*');
    return new RegExp(`^${source}$`);
  });
  const found = hosts.filter((h) => patterns.some((p) => p.test(h)));
  if (found.length === 0) {
    throw new InputError({
      what: `No host of this run matches ${pattern}`,
      fix: near(pattern, hosts) ?? `Its hosts are: ${hosts.join(', ')}`,
    });
  }
  return new Set(found);
}

function paint(): ReturnType<typeof painter> {
  return painter(hasColor(process.stdout));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
