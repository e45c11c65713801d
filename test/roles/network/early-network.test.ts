import { describe, expect, it } from 'vitest';
import { earlyNetwork, lateNetwork, network } from '../../../src/roles/network/network.js';
import { roleContext, type SampleOptions, sampleCluster } from '../../support/cluster.js';

const FIRST = 'm11-k8s';

function ids(o: SampleOptions = {}, facts = {}): string[] {
  return earlyNetwork.tasks(roleContext(sampleCluster(o), FIRST, { facts })).map((t) => t.id);
}

describe('the network of a new cluster', () => {
  it('is applied while hosts join, and awaited when they have', () => {
    const early = ids();
    expect(early).toEqual(expect.arrayContaining(['network/calico-pool', 'network/calico']));
    const later = network.tasks(roleContext(sampleCluster(), FIRST)).map((t) => t.id);
    expect(later).toEqual(['network/calico-arrival']);
    const last = lateNetwork.tasks(roleContext(sampleCluster(), FIRST)).map((t) => t.id);
    expect(last).toEqual(['network/calico-rollout']);
    const facts = { [FIRST]: { isNode: true } };
    const again = network.tasks(roleContext(sampleCluster(), FIRST, { facts })).map((t) => t.id);
    expect(again).toEqual(expect.arrayContaining([...early, ...last, 'network/calico-replace']));
    expect(lateNetwork.tasks(roleContext(sampleCluster(), FIRST, { facts }))).toEqual([]);
    expect(ids({ vars: { calico_network_backend: 'bird', calico_vxlan_mode: 'Never' } })).toContain('network/calico-bgp');
  });

  it('is not early where it is about nodes that have not joined, and where nobody joins', () => {
    const bird = { calico_network_backend: 'bird', calico_vxlan_mode: 'Never' };
    expect(ids({ vars: { ...bird, cluster_id: '1.0.0.1' }, reflectors: ['w101-k8s'] })).toEqual([]);
    expect(ids({ vars: { ...bird, peer_with_router: true, peers: [{ router_id: '10.0.0.1', as: 64_512 }] } })).toEqual([]);
    expect(ids({ masters: 1, workers: 0 })).toEqual([]);
    expect(ids({ vars: { kube_network_plugin: 'static-routes' } })).toEqual([]);
  });

  it('of a cluster that runs waits until all have joined', () => {
    expect(ids({}, { [FIRST]: { isNode: true } })).toEqual([]);
    expect(ids({}, { 'm12-k8s': { isNode: true } })).toEqual([]);
  });
});
