import { describe, expect, it } from 'vitest';
import { driftLines, driftSteps } from '../../../src/app/day-two/status/drift.js';
import type { ClusterSource } from '../../../src/app/inventory/read-cluster.js';
import { drift } from '../../../src/app/run/living.js';
import type { Bundle } from '../../../src/artifacts/bundle.js';
import type { Change } from '../../../src/cluster/living/changes.js';
import { livingCluster } from '../../../src/cluster/living/living-cluster.js';
import { resolveCluster } from '../../../src/cluster/resolve.js';
import type { VarValue } from '../../../src/inventory/model/values.js';
import { sampleInventory } from '../../support/cluster.js';
import { type Edit, livingFacts } from '../../support/living.js';

const BUNDLE = {
  index: {
    name: 'test',
    kubeVersion: '1.36.3',
    files: [
      { name: 'etcd', version: '3.7.2' },
      { name: 'containerd', version: '2.4.2' },
    ],
  },
} as unknown as Bundle;

function found(vars: Readonly<Record<string, VarValue>>, bundle?: Bundle, edit?: Edit): Change[] {
  const inventory = sampleInventory({ vars });
  const source: Pick<ClusterSource, 'inventory' | 'cluster' | 'bundle'> = {
    inventory,
    cluster: resolveCluster(inventory, { ...(bundle ? { bundle: bundle.index } : {}) }).cluster,
    bundle,
  };
  const living = livingCluster(livingFacts(edit));
  if (!living) throw new Error('nothing lives');
  return drift(source, living);
}

describe('what the cluster and the inventory disagree about', () => {
  it('is nothing where the inventory says what runs, or says nothing', () => {
    expect(found({})).toEqual([]);
    expect(driftLines([])).toEqual(['settings: as in the inventory']);
    expect(driftSteps([])).toEqual([]);
  });

  it('has settings of every class, each with what provision does', () => {
    const changes = found({ kube_proxy_mode: 'nftables', kube_pods_subnet: '10.112.0.0/16', kube_version: '1.35.4' });
    expect(changes.map((c) => [c.setting, c.kind])).toEqual([
      ['kube_version', 'upgrade'],
      ['kube_pods_subnet', 'fixed'],
      ['kube_proxy_mode', 'rolling'],
    ]);
    expect(driftLines(changes)).toEqual([
      'settings: 3 not as in the inventory',
      '  kube_version: 1.36.3, and the inventory says 1.35.4 (upgrade: provision refuses it: kubewright upgrade brings newer versions)',
      '  kube_pods_subnet: 10.233.64.0/18, and the inventory says 10.112.0.0/16 (fixed: provision refuses it: it is decided when a cluster is made)',
      '  kube_proxy_mode: iptables, and the inventory says nftables (rolling: provision applies it, one host or pod after the other)',
    ]);
    expect(driftSteps(changes)).toHaveLength(3);
  });

  it('has no version that merely the catalogue has, but one that a bundle brings', () => {
    // What runs came from a bundle, and cannot be downloaded in this version.
    expect(found({}).map((c) => c.setting)).not.toContain('etcd_version');
    expect(found({}, BUNDLE).map((c) => [c.setting, c.from, c.to])).toEqual([['etcd_version', '3.6.16', '3.7.2']]);
  });

  it('is not known without an API server', () => {
    expect(driftLines('no API server answers')).toEqual(['settings: not compared with the inventory: no API server answers']);
    expect(driftSteps('no API server answers')).toEqual([]);
  });
});
