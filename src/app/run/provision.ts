import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KubewrightError } from '../../base/errors.js';
import { PACKAGE_ROOT } from '../../base/package-root.js';
import { wholeFile } from '../../base/place.js';
import type { RunResult } from '../../engine/types.js';
import type { ClusterSource } from '../inventory/read-cluster.js';
import { saveKubeconfig } from './kubeconfig.js';
import { type PlaybookOptions, runPlaybook } from './run-playbook.js';

export type { ViewKind } from './run-playbook.js';

export interface ProvisionOptions extends PlaybookOptions {
  /** Default: the package's playbooks/cluster.yml. */
  readonly playbook?: string;
}

/** Turns the hosts of an inventory into a cluster. @returns the exit code, see `runPlaybook`. */
export async function provision(o: ProvisionOptions): Promise<number> {
  const playbook = o.playbook ?? join(PACKAGE_ROOT, 'playbooks', 'cluster.yml');
  return runPlaybook({ ...o, playbook, title: 'provision', cluster: true, finish: saveAdminKubeconfig });
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
