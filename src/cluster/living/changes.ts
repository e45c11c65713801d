import { compareVersions } from '../catalogue.js';
import type { Cluster } from '../cluster.js';
import { minorOf } from '../versions.js';
import type { LivingCluster } from './living-cluster.js';
import { runningSettings } from './running-settings.js';
import { type ChangeClass, SETTING_CHANGES } from './setting-changes.js';

/** A setting that is not as the cluster has it. */
export interface Change {
  readonly setting: string;
  /** As text: values that are not text in JSON. */
  readonly from: string;
  readonly to: string;
  readonly kind: ChangeClass;
}

/** Catalogue name → version of the files that a run would install: the bundle's, else those of the settings. */
export type Components = Readonly<Record<string, string>>;

/** Component of the catalogue → setting of its version. */
export const COMPONENT_SETTINGS: Readonly<Record<string, string>> = {
  kubelet: 'kube_version',
  etcd: 'etcd_version',
  containerd: 'containerd_version',
  runc: 'runc_version',
  'cni-plugins': 'cni_version',
  'calico-manifest': 'calico_version',
};

/**
 * What the inventory wants to be different: compared with what runs, and where that does not say it with what Kubewright applied
 * last. Settings in the order of their table.
 */
export function settingChanges(wanted: Cluster, components: Components, living: LivingCluster): Change[] {
  const running = runningSettings(living, wanted);
  const recorded = living.record?.settings ?? {};
  const versions = new Map(
    Object.entries(COMPONENT_SETTINGS).flatMap(([name, setting]) =>
      components[name] === undefined ? [] : [[setting, components[name]] as const],
    ),
  );
  const values: Readonly<Record<string, unknown>> = wanted.settings;
  return Object.entries(SETTING_CHANGES).flatMap(([setting, kind]) => {
    const from = running[setting] ?? (Object.hasOwn(recorded, setting) ? recorded[setting] : undefined);
    if (from === undefined || !concerns(setting, wanted, living)) return [];
    const to = versions.get(setting) ?? values[setting];
    const [a, b] = [asText(from), asText(to)];
    return a === b ? [] : [{ setting, from: a, to: b, kind }];
  });
}

/**
 * Calico's settings and version mean nothing where Calico is not wanted; a different plugin is a change of its own. `none` leaves
 * alone what others installed.
 */
function concerns(setting: string, wanted: Cluster, living: LivingCluster): boolean {
  const plugin = wanted.settings.kube_network_plugin;
  const ours = living.network.plugin === 'calico' || living.network.plugin === 'static-routes';
  if (setting === 'kube_network_plugin') return plugin !== 'none' || ours;
  if (!/^(calico_|nat_outgoing$)/.test(setting)) return true;
  return plugin === 'calico' && living.network.plugin === 'calico';
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** Why a version must not become another one just so. */
export function versionStep(from: string, to: string): string {
  if (compareVersions(to, from) < 0) return `${to} is older: Kubernetes and etcd cannot go back`;
  if (minorOf(to) - minorOf(from) > 1) return `${from} to ${to} skips a minor version: they must be walked one by one`;
  return 'provision would replace it on all hosts at once, without draining a node';
}
