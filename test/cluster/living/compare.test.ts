import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../src/cluster/living/refusals.js';
import { SETTING_CHANGES } from '../../../src/cluster/living/setting-changes.js';
import { SETTING_NAMES } from '../../../src/cluster/settings.js';
import type { VarValue } from '../../../src/inventory/model/values.js';
import { against, SAME } from '../../support/against.js';
import type { Edit } from '../../support/living.js';

const refused = (c: Comparison): (string | undefined)[] => c.refusals.map((r) => r.code);

describe('every setting', () => {
  it('says what changing it means', () => {
    expect(Object.keys(SETTING_CHANGES).sort()).toEqual([...SETTING_NAMES].sort());
  });
});

describe('an inventory that wants what runs', () => {
  it('is not refused', () => {
    expect(against({})).toMatchObject({ refusals: [], changes: [], warnings: [] });
  });

  it('keeps what it does not say', () => {
    const flannel: Edit = (t) =>
      t
        .replaceAll('10.233.64.0/18', '10.200.0.0/16')
        .replaceAll('10.233.0.0/18', '10.100.0.0/20')
        .replace('node-cidr-mask-size=24', 'node-cidr-mask-size=25');
    const { cluster, refusals } = against({}, { edit: flannel });
    expect(refusals).toEqual([]);
    expect(cluster.settings).toMatchObject({
      kube_version: '1.36.3',
      kube_pods_subnet: '10.200.0.0/16',
      kube_service_addresses: '10.100.0.0/20',
      skydns_server: '10.100.0.3',
      kube_network_node_prefix: 25,
    });
  });

  it.each(['latest', '1.36'])('keeps the patch that runs for kube_version %s', (kube_version) => {
    expect(against({ kube_version }).cluster.settings.kube_version).toBe('1.36.3');
  });

  it('keeps names of members and the endpoint in a new order of hosts', () => {
    const { cluster, refusals } = against({}, { etcdOrder: ['m13-k8s', 'm11-k8s', 'm12-k8s'] });
    expect(refusals).toEqual([]);
    expect(cluster.etcd.map((h) => [h.name, h.etcdMemberName])).toEqual([
      ['m13-k8s', 'etcd3'],
      ['m11-k8s', 'etcd1'],
      ['m12-k8s', 'etcd2'],
    ]);
    expect(cluster.endpoint).toBe('192.168.1.11:6443');
  });

  it('names nodes that it does not have', () => {
    const { warnings, refusals } = against(
      {},
      {
        edit: (t) =>
          t.replace(/^api-node\tm11-k8s.*$/m, '$&\napi-node\tw109-k8s v1.36.3 containerd://2.4.2 True - 192.168.1.99 - '),
      },
    );
    expect(refusals).toEqual([]);
    expect(warnings[0]?.what).toContain('w109-k8s is a node of the cluster, but not in the inventory');
  });
});

describe('a changed inventory', () => {
  it.each<[setting: string, value: VarValue]>([
    ['cluster_name', 'other.local'],
    ['kube_service_addresses', '10.96.0.0/18'],
    ['kube_pods_subnet', '10.112.0.0/16'],
    ['kube_network_node_prefix', 25],
    ['kube_apiserver_port', 7443],
    ['etcd_data_dir', '/srv/etcd'],
  ])('is refused for %s', (setting, value) => {
    const c = against({ [setting]: value });
    expect(refused(c)).toContain(setting);
    for (const r of c.refusals) expect([r.why, r.fix, r.where].every((part) => part !== undefined)).toBe(true);
  });

  it.each([
    ['1.36.4', 'without draining'],
    ['1.36.1', 'cannot go back'],
    ['1.35.4', 'cannot go back'],
    ['1.37.2', 'without draining'],
  ])('is refused for Kubernetes %s', (version, why) => {
    const c = against({}, { bundle: { ...SAME, kubelet: version } });
    expect(refused(c)).toEqual(['kube_version']);
    expect(c.refusals[0]?.why).toContain(why);
    // The way to a newer version; there is none to an older one.
    const named = c.refusals[0]?.fix?.includes(`kubewright upgrade --to ${version}`);
    expect(named).toBe(why === 'without draining');
  });

  it('is refused for a skipped minor version', () => {
    const old: Edit = (t) => t.replaceAll('1.36.3', '1.34.1');
    const c = against({}, { edit: old, hosts: { 'w101-k8s': old, 'w102-k8s': old } });
    expect(c.refusals[0]?.why).toContain('skips a minor version');
  });

  it.each([
    ['etcd', '3.7.2', 'etcd_version'],
    ['containerd', '2.3.4', 'containerd_version'],
  ])('is refused for another %s in the bundle', (name, version, setting) => {
    expect(refused(against({}, { bundle: { ...SAME, [name]: version } }))).toEqual([setting]);
  });

  it('is refused with everything at once', () => {
    const c = against(
      { cluster_name: 'other.local', kube_pods_subnet: '10.112.0.0/16' },
      { bundle: { ...SAME, kubelet: '1.37.2' } },
    );
    expect(refused(c)).toEqual(['kube_version', 'cluster_name', 'kube_pods_subnet']);
  });

  it('may have another mode of kube-proxy', () => {
    const c = against({ kube_proxy_mode: 'nftables' });
    expect(c.refusals).toEqual([]);
    expect(c.changes).toEqual([{ setting: 'kube_proxy_mode', from: 'iptables', to: 'nftables', kind: 'rolling' }]);
  });
});

describe("Calico's settings", () => {
  const calico: Edit = (t) =>
    `${t}cni\t10-calico.conflist\npool\tdefault-ipv4-ippool 10.233.64.0/18 26 Never Always nat -\nconfigmap\tcalico-config calico_backend "vxlan"\n`;

  it.each<[setting: string, value: VarValue]>([
    ['kube_network_plugin', 'static-routes'],
    ['calico_network_backend', 'bird'],
    ['calico_vxlan_mode', 'CrossSubnet'],
    ['calico_pool_blocksize', 24],
    ['nat_outgoing', false],
  ])('are compared with the pool: %s', (setting, value) => {
    expect(refused(against({ [setting]: value }, { edit: calico }))).toEqual([setting]);
  });

  it('are compared with the pool: IP in IP, which needs BGP and no VXLAN', () => {
    const wanted = { calico_network_backend: 'bird', calico_vxlan_mode: 'Never', calico_ipip_mode: 'Always' };
    expect(refused(against(wanted, { edit: calico })).toSorted()).toEqual(Object.keys(wanted).toSorted());
  });

  it('are kept where nothing is said', () => {
    const odd: Edit = (t) => calico(t).replace('26 Never Always nat', '24 Always Never -').replace('"vxlan"', '"bird"');
    const { cluster, refusals } = against({}, { edit: odd });
    expect(refusals).toEqual([]);
    expect(cluster.settings).toMatchObject({
      calico_network_backend: 'bird',
      calico_ipip_mode: 'Always',
      calico_pool_blocksize: 24,
      nat_outgoing: false,
    });
  });

  it('do not turn a network that Kubewright lacks into Calico', () => {
    expect(refused(against({ kube_network_plugin: 'calico' }, { edit: (t) => `${t}cni\t10-flannel.conflist\n` }))).toContain(
      'kube_network_plugin',
    );
  });
});

describe('a cluster that must be repaired first', () => {
  it.each<[code: string, edit: Edit]>([
    ['restore-unfinished', (t) => `${t.replaceAll(/^static\t.*\n/gm, '')}restoring\tyes\n`],
    ['etcd-quorum', (t) => t.replace(/"Leader" : \d+/, '"Leader" : 0').replaceAll(/^etcd-member.*\n/gm, '')],
    ['etcd-alarm', (t) => t.replace('"Errors" : []', '"Errors" : [memberID:1 alarm:NOSPACE]')],
    ['etcd-stacked', (t) => `${t}static\tetcd image registry.k8s.io/etcd:3.6.5-0\n`],
    [
      'etcd-members',
      (t) => `${t}etcd-member\tabc1, started, etcd9, https://192.168.1.99:2380, https://192.168.1.99:2379, false\n`,
    ],
    ['etcd-ca-key', (t) => t.replace(/^etcd-ca-key.*\n/m, '')],
    ['etcd-data', (t) => t.replace(/^etcd-member.*etcd3.*\n/m, '')],
    ['node-name', (t) => t.replace('api-node\tm12-k8s', 'api-node\told-name')],
    ['node-address', (t) => t.replace(/^(api-node\tm12-k8s.* )192\.168\.1\.12 /m, '$1192.168.9.12 ')],
  ])('is refused: %s', (code, edit) => {
    expect(refused(against({}, { edit }))).toContain(code);
  });

  it('is refused with a third version of a kubelet', () => {
    const c = against({}, { hosts: { 'w101-k8s': (t) => t.replace('1.36.3', '1.35.4') } });
    expect(refused(c)).toEqual(['mixed-versions']);
    expect(c.refusals[0]?.what).toContain('1.35.4 on w101-k8s');
    expect(c.refusals[0]?.fix).toContain('kubewright upgrade --to 1.36.3');
  });

  it('is refused where hosts trust different authorities', () => {
    const [, another = ''] =
      /front-proxy-ca\.crt (\S+)$/m.exec(readFileSync('test/fixtures/living/control-plane.txt', 'utf8')) ?? [];
    const other: Edit = (t) => t.replaceAll(/^(etcd-ca\t\S+) .*$/gm, `$1 ${another}`);
    expect(refused(against({}, { hosts: { 'm12-k8s': other } }))).toEqual(['etcd-ca']);
  });

  it('is refused for a member of another name', () => {
    const c = against({}, { hostVars: { 'm12-k8s': { etcd_member_name: 'etcd7' } } });
    expect(refused(c)).toEqual(['etcd-member-name']);
  });
});

describe('what Kubewright applied last', () => {
  const record = JSON.stringify({ schema: 1, settings: { skydns_server: '10.233.0.3', kubelet_max_pods: 110 }, hosts: {} });

  it('counts where the cluster does not say it', () => {
    const c = against({ skydns_server: '10.233.0.9', kubelet_max_pods: 200 }, { edit: (t) => `${t}applied\t${record}\n` });
    expect(refused(c)).toEqual(['skydns_server']);
    expect(c.changes).toEqual([{ setting: 'kubelet_max_pods', from: '110', to: '200', kind: 'rolling' }]);
  });
});
