import { isAbsolute, join } from 'node:path';
import { openBundle } from '../../artifacts/bundle.js';
import { InputError } from '../../base/errors.js';
import { DEFAULT_FORKS } from '../../engine/defaults.js';
import { type Journaled, runsIn } from '../../engine/journal/journal-read.js';
import { type FoundProgram, judge, type LockAnswer } from '../../engine/locks/lock.js';
import { lookAtLocks } from '../../engine/locks/look.js';
import { runPlays } from '../../engine/plays/run-plays.js';
import type { Inventory } from '../../inventory/model/model.js';
import { resolvePattern } from '../../inventory/pattern/pattern.js';
import { putFile } from '../../transport/session/put-file.js';
import { createView } from '../../ui/run/create-view.js';
import { withAnsibleConfig } from '../connect/ansible-config.js';
import { type Connections, openConnections } from '../connect/connections.js';
import { interruptions } from '../connect/interrupt.js';
import { readInventory } from '../inventory/read.js';
import { bundleSetting } from '../inventory/read-cluster.js';
import { inventorySecrets } from '../inventory/secrets.js';
import { bundlePaths } from '../plan/artifact-source.js';
import { journalDir, openRun } from '../runs/runs.js';
import { runAbout } from './about.js';
import type { PlaybookOptions } from './run-playbook.js';

const TITLE = 'attach ';

export interface AttachOptions
  extends Pick<
    PlaybookOptions,
    'inventory' | 'extraVars' | 'vault' | 'limit' | 'connection' | 'view' | 'verbosity' | 'bundle' | 'journalDir'
  > {
  /** Name of the run; a part of it will do where its journal is here. */
  readonly run: string;
}

/**
 * `runs attach`: follows what a run has at work on the machines. While its controller lives, we only watch. When it is gone, we
 * take its place until the programs of the present play have ended, and give its locks back; the same command again goes on.
 *
 * @returns 0 when everything came to a good end, else 1, 3 or 130 as a run does.
 */
export async function attach(o: AttachOptions): Promise<number> {
  const journal = journalOf(o);
  const run = journal?.run ?? o.run;
  const inventory = await readInventory({ ...o, inventory: inventoryOf(o, journal) });
  const wanted = hostsOf(o, inventory, journal);
  const view = await createView(o.view === 'auto' ? 'terminal' : o.view, {
    stdout: process.stdout,
    stderr: process.stderr,
    verbosity: o.verbosity ?? 0,
    color: process.stdout.isTTY && !process.env.NO_COLOR,
  });
  const tell = (text: string, host?: string): void =>
    view.event({ at: Date.now(), type: 'warning', text, ...(host === undefined ? {} : { host }) });
  const interrupt = interruptions(tell);
  const path = o.bundle ?? bundleSetting(inventory);
  const bundle = path === undefined ? undefined : await openBundle(path);
  let connections: Connections | undefined;
  try {
    connections = await openConnections(
      [...inventory.hosts.values()].filter((h) => wanted.has(h.name)),
      { connection: o.connection, partial: true, signal: interrupt.stop },
    );
    for (const [host, error] of connections.failures) tell(error.message, host);
    const { sessions, reconnect } = connections;
    const forks = withAnsibleConfig(o.connection).forks ?? DEFAULT_FORKS;
    const { answers, own } = await lookAtLocks({ sessions, connect: reconnect, forks });
    const found = new Map<string, FoundProgram[]>();
    const holds: LockAnswer[] = [];
    for (const [host, answer] of answers) {
      if (answer.verdict === 'failed') {
        tell(answer.error, host);
        continue;
      }
      const programs = answer.programs.filter((p) => p.run === run);
      if (answer.verdict === 'held' && answer.by.run === run) holds.push(answer);
      else if (programs.length === 0) continue;
      found.set(host, programs);
    }
    if (found.size === 0) throw nothingThere(run, wanted.size, journal);
    const alive = holds.some((a) => judge(a, own) === 'at-work');
    if (alive) tell(`the controller of run ${run} is at work: this only watches, and Ctrl-C here does not stop it`);
    const paths = bundlePaths(bundle);
    const result = await runPlays({
      title: TITLE + run,
      plays: [],
      attach: { run, hosts: [...wanted].filter((h) => found.has(h)), ...(alive ? { watch: found } : {}) },
      sessions,
      reconnect,
      artifacts: { localPath: (sha256) => paths.get(sha256), push: putFile },
      forks,
      journalDir: o.journalDir,
      secrets: inventorySecrets(inventory),
      about: runAbout({ ...o, tags: [], skipTags: [] }),
      signal: interrupt.stop,
      kill: interrupt.kill,
      view: (event) => view.event(event),
    });
    await view.end();
    process.stderr.write(`${goOn(run, alive, journal)}\n`);
    return result.exitCode;
  } finally {
    await view.end();
    await connections?.close();
    await bundle?.close();
    interrupt.done();
  }
}

/** The run's journal, when it lies here: it knows the inventory and the machines. */
function journalOf(o: AttachOptions): Journaled | undefined {
  try {
    if (o.run !== 'latest') return openRun(o, o.run);
    // An earlier attach is a run with a journal as well.
    const names = runsIn(journalDir(o)).reverse();
    const newest = names.find((name) => !openRun(o, name).header?.title.startsWith(TITLE));
    return newest === undefined ? undefined : openRun(o, newest);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

function inventoryOf(o: AttachOptions, journal: Journaled | undefined): readonly string[] {
  if (o.inventory.length > 0) return o.inventory;
  const { inventory, cwd = '.' } = journal?.header ?? {};
  if (inventory && inventory.length > 0) return inventory.map((p) => (isAbsolute(p) ? p : join(cwd, p)));
  throw new InputError({
    what: `It is not known which machines run ${o.run} works on`,
    why: 'Its journal is not in the folder of runs here',
    fix: 'Name its inventory with -i, or the folder of its journal with --journal-dir',
  });
}

function hostsOf(o: AttachOptions, inventory: Inventory, journal: Journaled | undefined): Set<string> {
  if (o.limit !== undefined) return new Set(resolvePattern(inventory, o.limit));
  const known = journal?.start?.hosts.filter((h) => inventory.hosts.has(h)) ?? [];
  return new Set(known.length > 0 ? known : inventory.hosts.keys());
}

function nothingThere(run: string, machines: number, journal: Journaled | undefined): InputError {
  const ended = journal?.end ? `It ended with exit code ${journal.end.exitCode}` : undefined;
  return new InputError({
    what: `Run ${run} has nothing at work on ${machines === 1 ? 'this machine' : `these ${machines} machines`}`,
    why: ended,
    fix: journal ? `kubewright runs show ${run} tells what it did` : 'Is this the whole name of the run?',
  });
}

function goOn(run: string, alive: boolean, journal: Journaled | undefined): string {
  if (alive) return `Run ${run} goes on: attach again to watch its next play.`;
  const command = journal?.header?.command;
  const same = command ? `: kubewright ${command.join(' ')}` : '';
  return `Run ${run} has nothing more at work, and its locks are given back. To go on, give the same command again${same}`;
}
