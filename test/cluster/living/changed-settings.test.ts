import { describe, expect, it } from 'vitest';
import { COMPONENT_SETTINGS } from '../../../src/cluster/living/changes.js';
import { recordText } from '../../../src/cluster/living/record.js';
import { changeText } from '../../../src/cluster/living/refusals.js';
import { type ChangeClass, SETTING_CHANGES } from '../../../src/cluster/living/setting-changes.js';
import { resolveCluster } from '../../../src/cluster/resolve.js';
import type { ClusterSettings } from '../../../src/cluster/settings.js';
import type { VarValue } from '../../../src/inventory/model/values.js';
import { against, SAME } from '../../support/against.js';
import { sampleInventory } from '../../support/cluster.js';
import type { Edit } from '../../support/living.js';

/** A bundle of everything that has a version. */
const FILES: Readonly<Record<string, string>> = { ...SAME, runc: '1.4.0', 'cni-plugins': '1.9.0', 'calico-manifest': '3.31.0' };
const BUNDLE = { name: 'test', kubeVersion: SAME.kubelet };

const CALICO =
  'cni\t10-calico.conflist\npool\tdefault-ipv4-ippool 10.233.64.0/18 26 Never Always nat -\nconfigmap\tcalico-config calico_backend "vxlan"\n';

/** The sample's cluster after a `provision` of its inventory with the defaults: what runs, and the note of what was applied. */
const applied: Edit = (t) => {
  const { cluster } = resolveCluster(sampleInventory(), { bundle: BUNDLE });
  const versions = Object.fromEntries(Object.entries(COMPONENT_SETTINGS).map(([file, setting]) => [setting, FILES[file] ?? '']));
  return `${t}${CALICO}ours\tyes\napplied\t${recordText(cluster, versions)}\n`;
};

type Setting = keyof ClusterSettings;

/** Setting, what it runs with, and what is wanted instead. */
const FIXED: readonly (readonly [Setting, string, VarValue])[] = [
  ['cluster_name', 'cluster.local', 'k8s.example'],
  ['kube_network_plugin', 'calico', 'static-routes'],
  ['kube_service_addresses', '10.233.0.0/18', '10.96.0.0/18'],
  ['kube_pods_subnet', '10.233.64.0/18', '10.112.0.0/16'],
  ['kube_network_node_prefix', '24', 25],
  ['skydns_server', '10.233.0.3', '10.233.0.9'],
  ['dns_mode', 'coredns', 'none'],
  ['bin_dir', '/usr/local/bin', '/opt/bin'],
  ['etcd_data_dir', '/var/lib/etcd', '/srv/etcd'],
  ['etcd_cert_dir', '/etc/ssl/etcd/ssl', '/etc/etcd/pki'],
  ['kube_apiserver_port', '6443', 7443],
  ['kubelet_cgroup_driver', 'systemd', 'cgroupfs'],
  ['loadbalancer_apiserver_type', 'nginx', 'haproxy'],
  ['calico_network_backend', 'vxlan', 'bird'],
  ['calico_vxlan_mode', 'Always', 'CrossSubnet'],
  ['calico_pool_blocksize', '26', 24],
  ['calico_pool_name', 'default-pool', 'mine'],
  ['nat_outgoing', 'true', false],
];
const ROLLING: readonly (readonly [Setting, string, VarValue])[] = [
  ['kube_proxy_mode', 'iptables', 'nftables'],
  ['kube_proxy_conntrack_min', '131072', 65536],
  ['kube_apiserver_node_port_range', '30000-32767', '30000-31000'],
  ['supplementary_addresses_in_ssl_keys', '[]', ['api.example.org']],
  ['kube_kubeadm_apiserver_extra_args', '{}', { profiling: 'false' }],
  ['kube_kubeadm_scheduler_extra_args', '{}', { v: '2' }],
  ['etcd_heartbeat_interval', '250', 500],
  ['etcd_quota_backend_bytes', '2147483648', 4294967296],
  ['loadbalancer_apiserver_localhost', 'true', false],
  ['loadbalancer_apiserver_healthcheck_port', '8081', 8082],
  ['kubelet_max_pods', '110', 200],
  ['kubelet_config_extra_args', '{}', { cpuManagerPolicy: 'static' }],
  ['containerd_restrict_oom_score_adj', 'false', true],
  ['http_proxy', '', 'http://proxy.example:3128'],
  ['calico_mtu', '', 1400],
  ['calico_loglevel', 'info', 'debug'],
  ['calico_wireguard_enabled', 'false', true],
];
const UPGRADE: readonly (readonly [Setting, string, string, string])[] = [
  ['kube_version', 'kubelet', '1.36.3', '1.37.2'],
  ['kube_version', 'kubelet', '1.36.3', '1.35.4'],
  ['etcd_version', 'etcd', '3.6.16', '3.7.2'],
  ['containerd_version', 'containerd', '2.4.2', '2.3.4'],
  ['runc_version', 'runc', '1.4.0', '1.4.1'],
  ['cni_version', 'cni-plugins', '1.9.0', '1.9.1'],
  ['calico_version', 'calico-manifest', '3.31.0', '3.32.0'],
];
const LIVE: readonly (readonly [Setting, VarValue])[] = [
  ['containerd_registries_mirrors', [{ prefix: 'docker.io', mirrors: [{ host: 'https://mirror.example' }] }]],
  ['etcd_backup_retention_count', 9],
  ['typha_replicas', 3],
];

describe('a setting that is changed on a living cluster', () => {
  it('is none in the inventory that was applied', () => {
    expect(against({}, { edit: applied, bundle: { ...FILES } })).toMatchObject({ refusals: [], changes: [], warnings: [] });
  });

  it.each(FIXED)('%s is refused: it is %s, and cannot become %j', (setting, from, to) => {
    const c = against({ [setting]: to }, { edit: applied, bundle: { ...FILES } });
    expect(SETTING_CHANGES[setting]).toBe<ChangeClass>('fixed');
    const own = c.refusals.find((r) => r.code === setting);
    expect(own?.what).toBe(`${setting} is ${from} in the cluster that runs, and cannot become ${text(to)}`);
    expect(own?.fix).toContain(`Write ${setting}: ${from}`);
    expect(own?.why).not.toBe('');
    expect(c.changes.filter((x) => x.setting === setting)).toEqual([]);
  });

  it.each(ROLLING)('%s is applied in turns: from %s to %j', (setting, from, to) => {
    const c = against({ [setting]: to }, { edit: applied, bundle: { ...FILES } });
    expect(SETTING_CHANGES[setting]).toBe<ChangeClass>('rolling');
    expect(c.refusals).toEqual([]);
    if (from === '') return;
    expect(c.changes).toEqual([{ setting, from, to: text(to), kind: 'rolling' }]);
    expect(c.changes.map(changeText)).toEqual([
      `${setting} changes from ${from} to ${text(to)} (rolling: one host or pod after the other)`,
    ]);
  });

  it.each(UPGRADE)('%s is refused: a bundle has %s %s → %s', (setting, file, from, to) => {
    const c = against({}, { edit: applied, bundle: { ...FILES, [file]: to } });
    expect(SETTING_CHANGES[setting]).toBe<ChangeClass>('upgrade');
    expect(c.refusals.map((r) => r.code)).toEqual([setting]);
    expect(c.refusals[0]?.what).toBe(`${setting} is ${from} in the cluster that runs, and this run would install ${to}`);
    expect(c.changes).toEqual([]);
  });

  it.each(LIVE)('%s is applied at once, and nothing in the cluster says what it was: %j', (setting, to) => {
    const c = against({ [setting]: to }, { edit: applied, bundle: { ...FILES } });
    expect(SETTING_CHANGES[setting]).toBe<ChangeClass>('live');
    expect(c).toMatchObject({ refusals: [], changes: [] });
  });
});

function text(value: VarValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
