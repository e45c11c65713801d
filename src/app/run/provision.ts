import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KubewrightError } from '../../base/errors.js';
import { PACKAGE_ROOT } from '../../base/package-root.js';
import { wholeFile } from '../../base/place.js';
import { formatParts, writeWarning } from '../../base/text/render-error.js';
import type { RunResult } from '../../engine/types.js';
import type { Session } from '../../transport/types.js';
import type { ClusterSource } from '../inventory/read-cluster.js';
import { saveKubeconfig } from './kubeconfig.js';
import { type EndedRun, type PlaybookOptions, type PlaybookRun, runPlaybook } from './run-playbook.js';

export type { ViewKind } from './run-playbook.js';

export interface ProvisionOptions extends PlaybookOptions {
  /** Default: the package's playbooks/cluster.yml. */
  readonly playbook?: string;
  /** Called after a run with --ask-pass, with the hosts that were entered without a key. The run is done: its exit code stays. */
  readonly offerKey?: (hosts: readonly string[]) => Promise<void>;
}

/** Turns the hosts of an inventory into a cluster. @returns the exit code, see `runPlaybook`. */
export async function provision(o: ProvisionOptions): Promise<number> {
  const playbook = o.playbook ?? join(PACKAGE_ROOT, 'playbooks', 'cluster.yml');
  const finish: PlaybookRun['finish'] = async (ended) => {
    await saveAdminKubeconfig(ended.source, ended.result);
    if (ended.result.exitCode === 0 && isWhole(o)) await sayEnd(ended, o);
    if (ended.result.exitCode === 0 && !ended.signal.aborted && o.connection.askPass && o.view !== 'json')
      await o.offerKey?.(enteredByPassword(ended.sessions));
  };
  return runPlaybook({ ...o, playbook, title: 'provision', cluster: true, finish });
}

/** Whether a run has made the cluster, and a person reads its output. */
function isWhole(o: ProvisionOptions): boolean {
  return (
    o.playbook === undefined &&
    o.view !== 'json' &&
    o.limit === undefined &&
    o.startAt === undefined &&
    o.tags.length + o.skipTags.length === 0
  );
}

/** After the recap. The cluster is installed: what fails here is a warning. */
async function sayEnd({ source, sessions, signal }: EndedRun, o: ProvisionOptions): Promise<void> {
  const session = source.cluster.controlPlane.map((h) => sessions.get(h.name)).find((s) => s !== undefined);
  if (!session) return;
  try {
    const { endOfRun } = await import('./end-of-run.js');
    process.stdout.write(await endOfRun(source, session, { inventory: o.inventory, askPass: o.connection.askPass, signal }));
  } catch (error) {
    if (signal.aborted) return;
    const why =
      error instanceof KubewrightError ? formatParts(error.parts) : error instanceof Error ? error.message : String(error);
    writeWarning({ what: 'The run is done, but its cluster could not be shown', why });
  }
}

/** What the role `client` has exported, if the inventory asks for a copy here. */
export async function saveAdminKubeconfig(source: ClusterSource, result: RunResult): Promise<void> {
  if (!source.cluster.settings.kubeconfig_localhost) return;
  const first = source.cluster.controlPlane[0]?.name ?? '';
  const value = result.exports.get(first)?.get('admin-kubeconfig');
  if (value === undefined) return;
  const path = await saveKubeconfig(source, typeof value === 'string' ? value : value.reveal());
  if (!existsSync(path)) throw new KubewrightError({ what: 'The kubeconfig cannot be written', where: wholeFile(path) });
  process.stderr.write(`Admin kubeconfig: ${path}\n`);
}

/** By name. */
function enteredByPassword(sessions: ReadonlyMap<string, Session>): string[] {
  return [...sessions].flatMap(([name, s]) => (s.target.connection === 'ssh' && s.loginKey === undefined ? [name] : []));
}
