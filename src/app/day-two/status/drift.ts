import { KubewrightError } from '../../../base/errors.js';
import type { Change } from '../../../cluster/living/changes.js';
import type { LivingCluster } from '../../../cluster/living/living-cluster.js';
import type { ChangeClass } from '../../../cluster/living/setting-changes.js';
import type { ClusterSource } from '../../inventory/read-cluster.js';
import { drift } from '../../run/living.js';

/** Settings in which the cluster differs from the inventory; a text: why that is not known. */
export type Drift = readonly Change[] | string;

/** What `provision` would compare before a run. */
export function driftOf(source: ClusterSource, living: LivingCluster | undefined): Drift {
  try {
    return living?.api ? drift(source, living) : 'no API server answers';
  } catch (error) {
    // The rest is worth showing.
    if (error instanceof KubewrightError) return error.message;
    throw error;
  }
}

const HOW: Readonly<Record<ChangeClass, string>> = {
  live: 'provision applies it at once',
  rolling: 'provision applies it, one host or pod after the other',
  upgrade: 'provision refuses it: kubewright upgrade brings newer versions',
  fixed: 'provision refuses it: it is decided when a cluster is made',
};

/** A line for each setting, under a heading; none where nothing differs. */
export function driftLines(found: Drift): string[] {
  if (typeof found === 'string') return [`settings: not compared with the inventory: ${found}`];
  if (found.length === 0) return ['settings: as in the inventory'];
  return [
    `settings: ${found.length} not as in the inventory`,
    ...found.map(({ setting, from, to, kind }) => `  ${setting}: ${from}, and the inventory says ${to} (${kind}: ${HOW[kind]})`),
  ];
}

/** What an operator should do about it. */
export function driftSteps(found: Drift): string[] {
  if (typeof found === 'string') return [];
  const names = (kinds: readonly ChangeClass[]): string =>
    found
      .filter((c) => kinds.includes(c.kind))
      .map((c) => c.setting)
      .join(', ');
  const [applied, upgraded, fixed] = [names(['live', 'rolling']), names(['upgrade']), names(['fixed'])];
  return [
    ...(applied ? [`${applied} differ from the inventory: provision --check says what a run changes`] : []),
    ...(upgraded ? [`${upgraded} differ from the inventory: upgrade --check says how far it can go`] : []),
    ...(fixed ? [`${fixed} cannot be changed while the cluster runs: write into the inventory what runs`] : []),
  ];
}
