import { describe, expect, it } from 'vitest';
import { hints } from '../../../src/cluster/checks/hints.js';
import { labNetworks } from '../../../src/cluster/dashboard/insecure-lab.js';
import { examineCluster } from '../../../src/cluster/resolve.js';
import { insecureDashboard } from '../../../src/roles/apps/insecure-dashboard.js';
import { clusterFacts, type SampleOptions, sampleCluster, sampleInventory } from '../../support/cluster.js';

const ON = { dashboard_insecure_lab: true };
const found = (o: SampleOptions) => examineCluster(sampleInventory(o)).problems.map((p) => p.what);

describe('a dashboard without login', () => {
  it('is for clusters on private addresses with Calico', () => {
    expect(found({ vars: ON })).toEqual([]);
    expect(found({ vars: { ...ON, kube_network_plugin: 'static-routes' } })).toEqual(['dashboard_insecure_lab needs Calico']);
    expect(found({ vars: { ...ON, kube_apiserver_node_port_range: '32000-32767' } })).toEqual([
      'dashboard_insecure_lab needs port 31000, and kube_apiserver_node_port_range 32000-32767 lacks it',
    ]);
  });

  it.each(['ansible_host', 'ip', 'access_ip'])('is refused where a host has a public %s', (name) => {
    const hostVars = { 'w101-k8s': { [name]: '8.8.8.8' }, 'w102-k8s': { [name]: '8.8.4.4' } };
    expect(found({ vars: ON, hostVars })).toEqual([
      'w101-k8s, w102-k8s (2): no dashboard without login on hosts with public addresses',
    ]);
    expect(found({ hostVars })).toEqual([]);
  });

  it('is not refused for forwarded ports and names', () => {
    const hostVars = { 'w101-k8s': { ansible_host: '127.0.0.1' }, 'w102-k8s': { ansible_host: 'w102.example.org' } };
    expect(found({ vars: ON, hostVars })).toEqual([]);
  });

  it('lets private networks in, by default those of the nodes', () => {
    expect(labNetworks(sampleCluster({ vars: ON }))).toEqual(['192.168.1.0/24']);
    const hostVars = { 'w101-k8s': { ip: '10.0.7.9' } };
    expect(labNetworks(sampleCluster({ vars: ON, hostVars }))).toEqual(['192.168.1.0/24', '10.0.7.0/24']);
    const given = (...nets: string[]) => found({ vars: { ...ON, dashboard_insecure_lab_networks: nets } });
    expect(given('192.168.0.0/16', '10.0.0.0/8')).toEqual([]);
    expect(given('0.0.0.0/0', '8.8.8.0/24', '10.0.0.0/7')).toHaveLength(3);
    expect(given('mine')[0]).toMatch(/^dashboard_insecure_lab_networks.* must be subnets like 192.168.1.0\/24/);
  });

  it('is refused where an interface has a public address', () => {
    const gate = (vars: SampleOptions['vars'], addresses: string[]) => {
      const cluster = sampleCluster({ vars });
      const allFacts = clusterFacts(cluster, { 'w101-k8s': { addresses: ['127.0.0.1', '192.168.1.14', ...addresses] } });
      return insecureDashboard.gate?.({ cluster, allFacts }).map((p) => p.what);
    };
    expect(gate(ON, ['10.0.2.15', 'fe80::1', '2001:db8::1'])).toEqual([]);
    expect(gate(ON, ['8.8.8.8'])).toEqual(['w101-k8s: no dashboard without login on hosts with public addresses']);
    expect(gate({}, ['8.8.8.8'])).toEqual([]);
  });

  it('is a warning that cannot be overlooked', () => {
    const dangers = (vars: SampleOptions['vars']) => hints(sampleInventory({ vars })).filter((h) => h.danger);
    expect(dangers(ON)).toMatchObject([{ severity: 'warning', what: expect.stringContaining('port 31000') }]);
    expect(dangers({ dashboard_insecure_lab: 'yes' })).toHaveLength(1);
    expect(dangers({ dashboard_insecure_lab: false })).toEqual([]);
    expect(dangers({})).toEqual([]);
  });
});
