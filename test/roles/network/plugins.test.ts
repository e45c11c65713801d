import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.js';
import { NETWORK_PLUGINS } from '../../../src/cluster/network-plugins.js';
import type { ClusterSettings } from '../../../src/cluster/settings.js';
import { pluginOf } from '../../../src/roles/network/plugins.js';
import { CALICO } from '../../support/calico.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const SUBNETS = { 'm11-k8s': { 'pod-subnets': 'm11-k8s 10.233.64.0/24\nw101-k8s 10.233.65.0/24\n' } };

/** The settings that a plugin's tasks read, and the files that they need, on every kind of host. */
function uses(name: string): { settings: string[]; components: string[] } {
  const ways = name === 'calico' ? Object.values(CALICO) : [{ vars: {}, reflectors: [] }];
  const all = ways.map(({ vars, reflectors }) =>
    usesOf(sampleCluster({ vars: { kube_network_plugin: name, ...vars }, reflectors })),
  );
  const together = (lists: string[][]): string[] => [...new Set(lists.flat())].sort();
  return { settings: together(all.map((u) => u.settings)), components: together(all.map((u) => u.components)) };
}

function usesOf(cluster: Cluster): { settings: string[]; components: string[] } {
  const settings = new Set<string>();
  const watched = (s: ClusterSettings): ClusterSettings =>
    new Proxy(s, {
      get: (target, key) => {
        settings.add(String(key));
        return Reflect.get(target, key);
      },
    });
  const components = new Set<string>();
  for (const host of ['m11-k8s', 'm12-k8s', 'w101-k8s']) {
    const ctx = roleContext(cluster, host, { exports: SUBNETS });
    const again = new Map(cluster.hosts.map((h) => [h.name, { ...h, settings: watched(h.settings) }]));
    const same = (list: Cluster['hosts']): Cluster['hosts'] => list.flatMap((h) => again.get(h.name) ?? []);
    const all = {
      ...cluster,
      settings: watched(cluster.settings),
      hosts: same(cluster.hosts),
      controlPlane: same(cluster.controlPlane),
    };
    const own = again.get(host) ?? ctx.host;
    const artifacts = { ...ctx.artifacts, offline: false };
    const tasks = pluginOf(cluster.settings).tasks({ ...ctx, artifacts, host: own, cluster: all });
    for (const t of tasks) for (const n of t.needs ?? []) components.add(n.name);
  }
  return { settings: [...settings].sort(), components: [...components].sort() };
}

describe.each(NETWORK_PLUGINS)('the network plugin %s', (name) => {
  const plugin = pluginOf(sampleCluster({ vars: { kube_network_plugin: name } }).settings);

  it('is the one that kube_network_plugin names', () => {
    expect(plugin.name).toBe(name);
  });

  it('names what it reads and installs', () => {
    const used = uses(name);
    expect([...plugin.settings].sort()).toEqual(used.settings);
    expect([...plugin.components].sort()).toEqual(used.components);
  });
});
