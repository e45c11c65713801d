import { artifactsFor } from '../../src/app/plan/artifact-source.js';
import { ROLES } from '../../src/roles/registry.js';
import type { Task } from '../../src/tasks/task.js';
import { roleContext } from '../support/cluster.js';
import type { Variant } from './variants.js';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
const CSR = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----';
const EXPORTS = {
  'm11-k8s': {
    'etcd-ca': PEM,
    'etcd-ca-key': '-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----',
    'etcd-csr-member': CSR,
    'etcd-cert-m11-k8s-member': PEM,
    'ca-hash': `sha256:${'0'.repeat(64)}`,
    'pod-subnets':
      'm11-k8s 10.233.64.0/24\nm12-k8s 10.233.65.0/24\nm13-k8s 10.233.66.0/24\nw101-k8s 10.233.67.0/24\nw102-k8s 10.233.68.0/24\n',
  },
};

/** The hosts of the plays that name a role, by what is worth reading: the first one, another one, a worker. Default: the first. */
const GOLDEN_HOSTS: Readonly<Record<string, readonly string[]>> = {
  containerd: ['m11-k8s', 'w101-k8s'],
  'late-images': ['w101-k8s'],
  'etcd-certs': ['m11-k8s', 'm12-k8s'],
  etcd: ['m11-k8s', 'm12-k8s'],
  node: ['w101-k8s'],
  'control-plane': ['m11-k8s', 'm12-k8s'],
  'apiserver-lb': ['m11-k8s', 'w101-k8s'],
  worker: ['w101-k8s'],
  network: ['m11-k8s', 'w101-k8s'],
};

/** Every role on every host of the golden files. */
export const GOLDEN_PAIRS: readonly (readonly [role: string, host: string])[] = [...ROLES.keys()]
  // The record has all settings in it: a file for it would change with each of them.
  .filter((role) => role !== 'preflight' && role !== 'record')
  .flatMap((role) => (GOLDEN_HOSTS[role] ?? ['m11-k8s']).map((host) => [role, host] as const));

/** What a role does to a host of a variant: with the bundle's artifacts for the lab, else with the catalogue's. */
export function tasksOf(variant: Variant, roleName: string, host: string): readonly Task[] {
  const { cluster, facts } = variant;
  const role = ROLES.get(roleName);
  if (!role) throw new Error(`unknown role ${roleName}`);
  const everywhere = Object.fromEntries(cluster.hosts.map((h) => [h.name, facts ?? {}]));
  const ctx = roleContext(cluster, host, { exports: EXPORTS, facts: everywhere });
  if (variant.offline) return role.tasks(ctx);
  return role.tasks({ ...ctx, artifacts: artifactsFor(cluster, ctx.host, ctx.facts.arch, undefined) });
}
