import type { Cluster } from '../../cluster.js';
import type { LivingCluster } from '../living-cluster.js';
import { runningSettings } from '../running-settings.js';
import { EXTRA_ARGS } from './foreign-flags.js';

/**
 * What is known of the settings of a cluster that is taken over: what was read from it, and the arguments of the control plane, which the
 * inventory names as they run. Another inventory that lacks them is told so.
 */
export function notedSettings(living: LivingCluster, cluster: Cluster): Readonly<Record<string, unknown>> {
  const args = Object.values(EXTRA_ARGS).filter((name) => Object.keys(cluster.settings[name]).length > 0);
  return { ...runningSettings(living, cluster), ...Object.fromEntries(args.map((name) => [name, cluster.settings[name]])) };
}
