import type { ErrorParts } from '../../../base/errors.js';
import type { Cluster } from '../../cluster.js';
import type { LivingCluster } from '../living-cluster.js';
import { EXTRA_ARGS, type ForeignFlag, foreignFlags } from './foreign-flags.js';

/**
 * Arguments that another tool gave to a control plane, and that would be gone once its manifests are ours. Not asked of control planes
 * whose manifests Kubewright wrote: there an argument that is left out is meant to go.
 */
export function foreignControlPlanes(wanted: Cluster, living: LivingCluster): ErrorParts[] {
  if (living.record) return [];
  const domain = living.configuration?.dnsDomain ?? wanted.settings.cluster_name;
  const lost = new Map<string, { readonly flag: ForeignFlag; readonly hosts: string[] }>();
  for (const { name } of wanted.controlPlane) {
    const host = living.hosts.get(name);
    if (!host || host.ours) continue;
    for (const flag of foreignFlags(host.staticPods, { ...wanted.settings, cluster_name: domain })) {
      const key = `${flag.component} --${flag.flag}=${flag.value}`;
      lost.set(key, { flag, hosts: [...(lost.get(key)?.hosts ?? []), name] });
    }
  }
  if (lost.size === 0) return [];
  const all = [...lost];
  const settings = [...new Set(all.map(([, { flag }]) => EXTRA_ARGS[flag.component]))];
  const files = all.filter(([, { flag }]) => flag.needsFile);
  return [
    {
      what: `The control plane runs with ${all.length} arguments that the inventory lacks: ${all.map(([key]) => key).join(', ')}`,
      where: [...new Set(all.flatMap(([, { hosts }]) => hosts))].join(', '),
      why: 'Another tool made it; its manifests would be written again, without these',
      fix: [
        `Write them into ${settings.join(', ')}; kubewright adopt --check prints the lines`,
        ...(files.length > 0
          ? [
              `${files.map(([, { flag }]) => `--${flag.flag}`).join(', ')} ${files.length === 1 ? 'names a file that is' : 'name files that are'} not mounted then: to go on without, set kubewright_preflight_ignore: [${CONTROL_PLANE_FLAGS}] and leave ${files.length === 1 ? 'it' : 'them'} out`,
            ]
          : []),
      ].join('. '),
      code: CONTROL_PLANE_FLAGS,
    },
  ];
}

/** Code of that refusal. */
export const CONTROL_PLANE_FLAGS = 'control-plane-flags';
