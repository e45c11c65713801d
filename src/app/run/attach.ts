import { isAbsolute, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openBundle } from '../../artifacts/bundle.js';
import { InputError } from '../../base/errors.js';
import { hasColor } from '../../base/text/color.js';
import { toolName } from '../../base/text/tool-name.js';
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
  /** Name of the run; a part of it is enough if its journal is on this machine. */
  readonly run: string;
}

/**
 * `runs attach`: follows the tasks of a run on its hosts. While the controller is alive, this only watches. If it is gone, this
 * takes its place until the programs of the current play have ended, and releases its locks; the same command continues the run.
 *
 * @returns 0 if everything succeeded, else 1, 3 or 130 as for a run.
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
    color: hasColor(process.stdout),
  });
  const tell = (text: string, host?: string): void =>
    view.event({ at: Date.now(), type: 'warning', text, ...(host === undefined ? {} : { host }) });
  let instead: string | undefined = 'Interrupted: nothing has been changed.';
  const interrupt = interruptions(tell, () => instead);
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
    if (alive) tell(`the controller of run ${run} is alive: this command only watches, and Ctrl-C does not stop the run`);
    instead = alive ? 'Interrupted: this command only watched, the run goes on.' : undefined;
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
      about: runAbout(performance.timeOrigin, { ...o, tags: [], skipTags: [] }),
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

/** The run's journal, if it is on this machine: it records the inventory and the hosts. */
function journalOf(o: AttachOptions): Journaled | undefined {
  try {
    if (o.run !== 'latest') return openRun(o, o.run);
    // An earlier attach has a journal too.
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
    what: `The hosts of run ${o.run} are unknown`,
    why: 'Its journal is not in the runs directory',
    fix: 'Give its inventory with -i, or the directory of its journal with --journal-dir',
  });
}

function hostsOf(o: AttachOptions, inventory: Inventory, journal: Journaled | undefined): Set<string> {
  if (o.limit !== undefined) return new Set(resolvePattern(inventory, o.limit));
  const known = journal?.start?.hosts.filter((h) => inventory.hosts.has(h)) ?? [];
  return new Set(known.length > 0 ? known : inventory.hosts.keys());
}

function nothingThere(run: string, hosts: number, journal: Journaled | undefined): InputError {
  const ended = journal?.end ? `It ended with exit code ${journal.end.exitCode}` : undefined;
  return new InputError({
    what: `Run ${run} has no running task on ${hosts === 1 ? 'this host' : `these ${hosts} hosts`}`,
    why: ended,
    fix: journal ? `See what it did: kubewright runs show ${run}` : 'Check that this is the full name of the run',
  });
}

function goOn(run: string, alive: boolean, journal: Journaled | undefined): string {
  if (alive) return `Run ${run} continues: attach again to watch its next play.`;
  const command = journal?.header?.command;
  const same = command ? `: ${toolName()} ${command.join(' ')}` : '';
  return `Run ${run} has no more running tasks, and its locks are released. To continue, run the same command again${same}`;
}
