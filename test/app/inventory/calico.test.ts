import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { inventoryValidate } from '../../../src/app/inventory/validate.js';
import { CALICO } from '../../support/calico.js';
import { sampleCluster } from '../../support/cluster.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-calico-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let count = 0;

/** What `inventory validate` says of m1 and w1 with these group variables: errors and warnings as `LINE what: fix`. */
async function findings(vars: string, more = ''): Promise<string[]> {
  const folder = join(dir, `${count++}`);
  mkdirSync(join(folder, 'group_vars'), { recursive: true });
  const hosts = '[all]\nm1 ip=10.0.0.1\nw1 ip=10.0.0.2\nr1 ip=10.0.0.3\n[kube_control_plane]\nm1\n[kube_node]\nw1\n';
  writeFileSync(join(folder, 'hosts.ini'), hosts + more);
  writeFileSync(join(folder, 'group_vars/all.yml'), `${vars}\n`);
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  try {
    await inventoryValidate({ inventory: [join(folder, 'hosts.ini')], extraVars: [], strict: false, json: true });
  } finally {
    spy.mockRestore();
  }
  const found: { severity: string; message: string; line?: number; file?: string; todo?: string }[] = JSON.parse(
    out.join(''),
  ).findings;
  return found
    .filter((f) => f.severity !== 'info')
    .map((f) => `${f.severity} ${f.file?.split('/').at(-1)}:${f.line} ${f.message}: ${f.todo}`);
}

const BIRD = 'calico_network_backend: bird\ncalico_vxlan_mode: Never\n';
const ROUTERS = '[calico_rr]\nw1\n';

describe("combinations of Calico's settings", () => {
  it.each([
    [
      'calico_ipip_mode: Always',
      /^error all.yml:1 calico_ipip_mode Always and calico_vxlan_mode Always exclude .*: Write calico_vxlan_mode: Never/,
    ],
    [
      'calico_ipip_mode: CrossSubnet\ncalico_vxlan_mode: Never',
      /^error all.yml:1 calico_ipip_mode CrossSubnet needs BGP.*: Write calico_network_backend: bird/,
    ],
    ['calico_vxlan_mode: Never', /^error all.yml:1 .*carries nothing between nodes: Write calico_network_backend: bird/],
    ['calico_network_backend: none', /^error all.yml:1 calico_network_backend none makes no tunnels/],
    [
      'kube_pods_subnet: 10.200.0.0/22\ncalico_pool_blocksize: 21',
      /^error all.yml:2 A block of \/21 is larger than the pool 10\.200\.0\.0\/22: Write a calico_pool_blocksize from 22 to 32/,
    ],
    ['calico_pool_cidr: 10.233.64.0/28', /^error all.yml:1 A block of \/26 is larger than the pool/],
    ['calico_pool_cidr: 10.9.0.0/16', /^error all.yml:1 calico_pool_cidr 10\.9\.0\.0\/16 is not within kube_pods_subnet/],
    ['calico_pool_cidr: ten', /^error all.yml:1 calico_pool_cidr is not a subnet: ten/],
    ['calico_pool_name: My_Pool', /^error all.yml:1 calico_pool_name must be lower-case/],
    ['calico_ip_auto_method: eth0', /^error all.yml:1 calico_ip_auto_method must be first-found/],
    ['calico_iptables_backend: nftables', /^error all.yml:1 calico_iptables_backend must be one of Auto, Legacy, NFT/],
    ['calico_loglevel: chatty', /^error all.yml:1 calico_loglevel must be one of debug, info/],
    [
      'global_as_num: 65000',
      /^error all.yml:1 global_as_num does nothing without BGP: calico_network_backend is vxlan: Write calico_network_backend: bird, or remove global_as_num/,
    ],
    ['calico_advertise_cluster_ips: true', /^error all.yml:1 calico_advertise_cluster_ips does nothing without BGP/],
    [
      'calico_advertise_service_external_ips: [192.0.2.0/24]',
      /^error all.yml:1 calico_advertise_service_external_ips does nothing without BGP/,
    ],
    ['peer_with_router: true', /^error all.yml:1 peer_with_router does nothing without BGP/],
    [`${BIRD}peer_with_router: true`, /^error all.yml:3 peer_with_router leaves m1, w1 without a peer: Add peers/],
    [`${BIRD}global_as_num: 0`, /^error all.yml:3 global_as_num must be an AS number/],
    [`${BIRD}global_as_num: 4200000000`, /^error all.yml:3 global_as_num must be an AS number/],
    [`${BIRD}calico_advertise_service_external_ips: [192.0.2.1]`, /^error all.yml:3 .* has no subnet in 192\.0\.2\.1/],
    [
      `${BIRD}peer_with_router: true\npeers: [{router_id: tor, as: 1, scope: global}]`,
      /^error all.yml:4 A router in peers is not an IPv4 address: tor/,
    ],
    [
      `${BIRD}peer_with_router: true\npeers: [{router_id: 10.0.0.254, as: one}]`,
      /^error all.yml:4 peers 0.as must be an AS number/,
    ],
    [
      'calico_felix_log_severity_screen: Debug',
      /^warning all.yml:1 calico_felix_log_severity_screen has no effect here: Write calico_loglevel/,
    ],
  ])('%s', async (vars, expected) => {
    expect(await findings(vars)).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  it('are one problem each, told once', async () => {
    expect(await findings('calico_ipip_mode: Always')).toHaveLength(1);
    expect(await findings(`${BIRD}peer_with_router: true`)).toHaveLength(1);
  });

  it('of MTUs: two that differ are told, with the one that wins', async () => {
    expect(await findings('calico_mtu: 1450\ncalico_veth_mtu: 1400')).toEqual([
      'warning all.yml:1 calico_mtu 1450 has no effect: calico_veth_mtu 1400 wins, for pods and tunnels: Write one of them',
    ]);
    expect(await findings('calico_mtu: 1450\ncalico_veth_mtu: 1450')).toEqual([]);
    expect(await findings('calico_mtu: 1450\ncalico_veth_mtu: "{{ calico_mtu }}"')).toEqual([]);
  });

  it.each(Object.entries(CALICO))('%s is one that carries', (_name, { vars, reflectors }) => {
    expect(() => sampleCluster({ vars, reflectors })).not.toThrow();
  });

  it('do not matter where another plugin carries the pods', async () => {
    expect(await findings('kube_network_plugin: static-routes\ncalico_ipip_mode: Always')).toEqual([]);
  });
});

describe('route reflectors', () => {
  it('need BGP, and a cluster_id that is an address', async () => {
    expect(await findings('', ROUTERS)).toEqual([
      expect.stringMatching(/^error hosts.ini:\d+ w1 in calico_rr does nothing without BGP/),
    ]);
    expect(await findings(BIRD, ROUTERS)).toEqual([
      expect.stringMatching(/^error hosts.ini:\d+ The route reflector w1 has no cluster_id: Write one cluster_id/),
    ]);
    expect(await findings(`${BIRD}cluster_id: rack1`, ROUTERS)).toEqual([
      expect.stringMatching(/^error all.yml:3 cluster_id of w1 is not an IPv4 address: rack1/),
    ]);
    expect(await findings(`${BIRD}cluster_id: 244.0.0.1`, ROUTERS)).toEqual([]);
  });

  it('must be nodes', async () => {
    expect(await findings(`${BIRD}cluster_id: 244.0.0.1`, '[calico_rr]\nr1\n')).toEqual([
      expect.stringMatching(/^error hosts.ini:4 r1 is a route reflector but no node: List r1 under \[kube_node\] too/),
    ]);
  });

  it('are nobody where the group is empty, and mean nothing to another plugin', async () => {
    expect(await findings(BIRD, '[calico_rr]\n')).toEqual([]);
    expect(await findings('kube_network_plugin: static-routes', ROUTERS)).toEqual([
      expect.stringMatching(/^warning hosts.ini:\d+ The group calico_rr has no effect here: Leave calico_rr empty/),
    ]);
  });
});
