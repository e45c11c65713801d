import { describe, expect, it } from 'vitest';
import { type Draft, draftFiles, draftOf, extraArgs } from '../../../src/app/day-two/adopt/draft.js';
import { inTemporary } from '../../../src/app/day-two/adopt/read.js';
import { readCluster } from '../../../src/app/inventory/read-cluster.js';
import { differences, settle } from '../../../src/app/run/living.js';
import { type LivingCluster, livingCluster } from '../../../src/cluster/living/living-cluster.js';
import { adoptedText } from '../../../src/cluster/living/record.js';
import type { Comparison } from '../../../src/cluster/living/refusals.js';
import { notedSettings } from '../../../src/cluster/living/takeover/noted.js';
import { CONTROL_PLANE_FLAGS } from '../../../src/cluster/living/takeover/refusals.js';
import { resolveCluster } from '../../../src/cluster/resolve.js';
import type { HostFacts } from '../../../src/facts/facts.js';
import type { Host } from '../../../src/inventory/model/model.js';
import { sampleInventory } from '../../support/cluster.js';
import { type Edit, livingFacts } from '../../support/living.js';

const ADDRESSES: Readonly<Record<string, string>> = {
  'm11-k8s': '192.168.1.11',
  'm12-k8s': '192.168.1.12',
  'm13-k8s': '192.168.1.13',
  'w101-k8s': '192.168.1.101',
  'w102-k8s': '192.168.1.102',
};
const WORKERS = ['w101-k8s', 'w102-k8s'];

/** What another tool's cluster printed: as the lab's, with nodes for the workers, each host with its own address. */
function foreign(edit: Edit = (t) => t, worker: Edit = (t) => t): Map<string, HostFacts> {
  const nodes = Object.entries(ADDRESSES).map(([name, ip]) => {
    const cp = name.startsWith('m');
    return `api-node\t${name} v1.36.3 containerd://2.4.2 True - ${ip} - ${cp ? 'node-role.kubernetes.io/control-plane,' : ''} ${cp ? 'tainted' : '-'}\n`;
  });
  /** Versions that can be installed without a bundle. */
  const known: Edit = (t) => t.replaceAll('3.6.16', '3.6.14').replaceAll('2.4.2', '2.3.4');
  const at = (name: string, text: string): string => known(`${text}address\t${ADDRESSES[name]}\n`);
  const plane =
    (name: string): Edit =>
    (t) =>
      at(
        name,
        edit(
          `${t.replaceAll(/^api-node.*\n/gm, '').replace('hostname\tm11-k8s', `hostname\t${name}`)}${nodes.join('')}kubelet-program\t/usr/bin/kubelet\n`,
        ),
      );
  const hosts = Object.keys(ADDRESSES).map(
    (name) => [name, name.startsWith('m') ? plane(name) : (t: string) => at(name, worker(t))] as const,
  );
  const facts = livingFacts((t) => t, Object.fromEntries(hosts));
  // By the addresses that were given.
  return new Map([...facts].map(([name, f]) => [ADDRESSES[name] ?? '', f]));
}

function given(facts: ReadonlyMap<string, HostFacts>): Host[] {
  const source = { file: 'hosts.ini', line: 1, column: 1 };
  return [...facts.keys()].toReversed().map((name) => ({
    name,
    source,
    groups: new Set(['all']),
    vars: new Map([
      ['ansible_host', { value: name, source }],
      ['ansible_user', { value: 'ubuntu', source }],
      ['ansible_ssh_private_key_file', { value: '/keys/id', source }],
    ]),
  }));
}

async function adopt(facts: ReadonlyMap<string, HostFacts>, ignore: readonly string[] = []) {
  const living = livingCluster(facts);
  if (!living) throw new Error('nothing lives');
  const draft = draftOf(living, given(facts), facts);
  const named = livingCluster(new Map([...facts].map(([address, f]) => [draft.names.get(address) ?? address, f])));
  if (!named) throw new Error('nothing lives');
  return { draft, living: named, ...(await judged(draft, named, ignore)) };
}

async function judged(draft: Draft, living: LivingCluster, ignore: readonly string[]): Promise<ReturnType<typeof differences>> {
  const files = draftFiles(draft, true);
  return inTemporary(files, async (dir) => {
    const extraVars = ignore.length > 0 ? [JSON.stringify({ kubewright_preflight_ignore: ignore })] : [];
    const source = await readCluster({ inventory: [`${dir}/hosts.ini`], extraVars });
    return differences(source, living);
  });
}

const codes = (c: Comparison): (string | undefined)[] => c.refusals.map((r) => r.code);

describe('an inventory of a cluster of another tool', () => {
  it('is read by our own reader, and says what runs', async () => {
    const { draft, cluster, refusals, changes, warnings } = await adopt(foreign());
    expect({ refusals, changes, warnings }).toEqual({ refusals: [], changes: [], warnings: [] });
    expect(cluster.controlPlane.map((h) => h.name)).toEqual(['m11-k8s', 'm12-k8s', 'm13-k8s']);
    expect(cluster.workers.map((h) => [h.name, h.ip])).toEqual(WORKERS.map((n) => [n, ADDRESSES[n]]));
    expect(cluster.etcd.map((h) => h.etcdMemberName)).toEqual(['etcd1', 'etcd2', 'etcd3']);
    expect(draft.hosts[0]?.vars).toEqual({
      ansible_host: '192.168.1.11',
      ansible_user: 'ubuntu',
      ip: '192.168.1.11',
      etcd_member_name: 'etcd1',
    });
    // Those that are not at their defaults.
    expect(draft.settings).toMatchObject({ kube_version: '1.36.3', kube_network_plugin: 'none', bin_dir: '/usr/bin' });
    expect(draft.settings).not.toHaveProperty('kube_pods_subnet');
    expect(draft.settings).not.toHaveProperty('skydns_server');
    // No worker of it has a load balancer of its own, so none is put there.
    expect(draft.settings.loadbalancer_apiserver_localhost).toBe(false);
  });

  it('has subnets, ports and the domain of the cluster', async () => {
    const { draft, refusals } = await adopt(
      foreign((t) =>
        t
          .replaceAll('10.233.64.0/18', '10.244.0.0/16')
          .replaceAll('10.233.0.0/18', '10.96.0.0/12')
          .replaceAll('cluster.local', 'k8s.example')
          .replace('secure-port=6443', 'secure-port=8443'),
      ),
    );
    expect(refusals).toEqual([]);
    expect(draft.settings).toMatchObject({
      kube_pods_subnet: '10.244.0.0/16',
      kube_service_addresses: '10.96.0.0/12',
      cluster_name: 'k8s.example',
      kube_apiserver_port: 8443,
    });
  });

  it('lists a control plane that takes pods among the workers, and leaves strange hosts out', async () => {
    const facts = foreign((t) => t.replaceAll('control-plane, tainted', 'control-plane, -'));
    const stranger = livingFacts().get('w101-k8s');
    if (stranger) facts.set('192.168.1.250', { ...stranger, addresses: ['192.168.1.250'] });
    const { draft } = await adopt(facts);
    expect(draft.hosts.filter((h) => h.worker)).toHaveLength(5);
    expect(draft.outside).toEqual(['192.168.1.250']);
  });

  it('is refused for one host under two addresses', () => {
    const facts = foreign();
    const twice = facts.get('192.168.1.101');
    if (twice) facts.set('10.0.0.101', twice);
    const living = livingCluster(facts);
    expect(() => living && draftOf(living, given(facts), facts)).toThrow('are the same host, w101-k8s');
  });

  it('leaves a network that Kubewright lacks to others', async () => {
    const { draft, refusals } = await adopt(foreign((t) => t.replaceAll(/^cni\t.*$/gm, 'cni\t10-flannel.conflist')));
    expect(draft.settings.kube_network_plugin).toBe('none');
    expect(refusals).toEqual([]);
  });

  it("leaves Calico of Tigera's operator to the operator", async () => {
    const { draft, refusals } = await adopt(foreign((t) => t.replaceAll(/^cni\t.*$/gm, 'cni\t10-calico.conflist')));
    expect(draft.settings.kube_network_plugin).toBe('none');
    expect(refusals).toEqual([]);
  });
});

const kubespray: Edit = (t) =>
  `${t}static\tkube-apiserver arg --profiling=False
static\tkube-apiserver arg --default-not-ready-toleration-seconds=300
static\tkube-controller-manager arg --terminated-pod-gc-threshold=12500
other-pod\tkube-vip
`.replace('--bind-address=127.0.0.1', '--bind-address=::');

describe('a cluster that kubespray made', () => {
  it('keeps its local load balancer and its arguments', async () => {
    const { draft, refusals, cluster } = await adopt(foreign(kubespray, (t) => `${t}other-pod\thaproxy\n`));
    expect(draft.settings).toMatchObject({
      loadbalancer_apiserver_type: 'haproxy',
      kube_kubeadm_apiserver_extra_args: { profiling: 'False', 'default-not-ready-toleration-seconds': '300' },
      kube_kubeadm_controller_extra_args: { 'terminated-pod-gc-threshold': '12500', 'bind-address': '::' },
    });
    expect(draft.settings).not.toHaveProperty('loadbalancer_apiserver_localhost');
    expect(refusals).toEqual([]);
    expect(cluster.settings.kube_kubeadm_apiserver_extra_args).toEqual({
      profiling: 'False',
      'default-not-ready-toleration-seconds': '300',
    });
  });

  it('keeps the share of its nodes, which it gives by the flag for two families', async () => {
    const facts = foreign((t) => t.replace('--node-cidr-mask-size=24', '--node-cidr-mask-size-ipv4=25'));
    const { draft, refusals, changes, cluster } = await adopt(facts);
    expect({ refusals, changes }).toEqual({ refusals: [], changes: [] });
    expect(cluster.settings.kube_network_node_prefix).toBe(25);
    // The controller manager ends at once when it is given both.
    expect(draft.settings).not.toHaveProperty('kube_kubeadm_controller_extra_args');
  });

  it("keeps kube-proxy's mode, kubespray's default, in an inventory that does not say it; what it says counts", async () => {
    const { draft, living } = await adopt(foreign((t) => t.replace(/\\nmode: iptables\\n/, '\\nmode: ipvs\\n')));
    expect(draft.settings.kube_proxy_mode).toBe('ipvs');
    const { kube_proxy_mode: _, ...silent } = draft.settings;
    const kept = await judged({ ...draft, settings: silent }, living, []);
    expect(kept.changes).toEqual([]);
    expect(kept.cluster.settings.kube_proxy_mode).toBe('ipvs');
    const said = await judged({ ...draft, settings: { ...silent, kube_proxy_mode: 'iptables' } }, living, []);
    expect(said.changes.map((c) => c.setting)).toEqual(['kube_proxy_mode']);
  });

  it('keeps what its kubelets run with', async () => {
    const fields =
      'kubelet-field\tcgroupDriver cgroupfs\nkubelet-field\tmaxPods 250\nkubelet-field\tfailSwapOn True\nkubelet-field\tfailCgroupV1 False\n';
    const facts = foreign(
      (t) => `${t}${fields}`,
      (t) => `${t}${fields}`,
    );
    const { draft, living, refusals, changes } = await adopt(facts);
    expect({ refusals, changes }).toEqual({ refusals: [], changes: [] });
    expect(draft.settings).toMatchObject({
      kubelet_cgroup_driver: 'cgroupfs',
      kubelet_max_pods: 250,
      kubelet_fail_cgroup_v1: false,
    });
    expect(draft.settings).not.toHaveProperty('kubelet_fail_swap_on');
    // Pods of a node cannot be taken over by another driver, and a plain inventory would bring it.
    const plain = await judged({ ...draft, settings: { ...draft.settings, kubelet_cgroup_driver: 'systemd' } }, living, []);
    expect(codes(plain)).toEqual(['kubelet_cgroup_driver']);
  });

  it('loses nothing with the file of its scheduler that only says what is so anyway', async () => {
    const file = (more: string) =>
      Buffer.from(`apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection:
  kubeconfig: "/etc/kubernetes/scheduler.conf"
leaderElection:
  leaseDuration: 15s
  renewDeadline: 10s
${more}`).toString('base64');
    const withFile = (text: string) =>
      adopt(
        foreign(
          (t) =>
            `${t}static\tkube-scheduler arg --config=/etc/kubernetes/kubescheduler-config.yaml\nstatic\tkube-scheduler config ${text}\n`,
        ),
      );
    expect(codes(await withFile(file('')))).toEqual([]);
    for (const more of ['profiles: [{schedulerName: mine}]', 'parallelism: 4', 'extenders: []'])
      expect(codes(await withFile(file(more))), more).toEqual([CONTROL_PLANE_FLAGS]);
    expect(codes(await withFile(Buffer.from('a: [').toString('base64')))).toEqual([CONTROL_PLANE_FLAGS]);
    expect(codes(await withFile(file('').replace(/.{40}$/, '')))).toEqual([CONTROL_PLANE_FLAGS]);
  });

  it('lacks arguments in an inventory of its own; with those that are named nothing is refused', async () => {
    const { draft, living } = await adopt(foreign(kubespray));
    const own = { kube_kubeadm_apiserver_extra_args: { profiling: 'False' } };
    const { kube_kubeadm_apiserver_extra_args: _, kube_kubeadm_controller_extra_args: __, ...rest } = draft.settings;
    const settings = { ...rest, ...own };
    const { cluster, ...refused } = await judged({ ...draft, settings }, living, []);
    expect(codes(refused)).toEqual([CONTROL_PLANE_FLAGS]);
    const lacking = extraArgs(living, cluster.controlPlane, cluster.settings);
    expect(lacking).toEqual({
      kube_kubeadm_apiserver_extra_args: { profiling: 'False', 'default-not-ready-toleration-seconds': '300' },
      kube_kubeadm_controller_extra_args: { 'terminated-pod-gc-threshold': '12500', 'bind-address': '::' },
    });
    expect(codes(await judged({ ...draft, settings: { ...settings, ...lacking } }, living, []))).toEqual([]);
  });

  it('is refused for a file that a manifest of ours would not mount, until the operator says that it may go', async () => {
    const facts = foreign((t) => `${t}static\tkube-scheduler arg --config=/etc/kubernetes/kubescheduler-config.yaml\n`);
    const c = await adopt(facts);
    expect(codes(c)).toEqual([CONTROL_PLANE_FLAGS]);
    expect(c.refusals[0]?.what).toContain('kube-scheduler --config=/etc/kubernetes/kubescheduler-config.yaml');
    expect(c.refusals[0]?.fix).toContain('--config names a file that is not mounted then');
    expect(codes(await adopt(facts, [CONTROL_PLANE_FLAGS]))).toEqual([]);
  });
});

describe('an operation on a cluster with stacked etcd', () => {
  const inventory = sampleInventory();
  const { cluster } = resolveCluster(inventory, {});
  const facts = livingFacts((t) => `${t}static\tetcd image registry.k8s.io/etcd:3.6.5-0\n`);

  it('is refused, unless it takes etcd as it finds it', () => {
    expect(() => settle(cluster, inventory, undefined, facts, 'operation')).toThrow(
      'etcd runs as static pods of kubeadm (stacked)',
    );
    expect(settle(cluster, inventory, undefined, facts, undefined).living?.nodes).not.toEqual([]);
  });

  it('is not refused where etcd is a service of its hosts', () => {
    expect(settle(cluster, inventory, undefined, livingFacts(), 'operation').cluster.etcd).toHaveLength(3);
  });
});

describe('what provision refuses about clusters of other tools', () => {
  it.each<[code: string, edit: Edit]>([
    ['etcd-stacked', (t) => `${t}static\tetcd image registry.k8s.io/etcd:3.6.5-0\n`],
    ['etcd-elsewhere', (t) => t.replace('--etcd-servers=', '--etcd-servers=https://192.168.9.9:2379,')],
    [CONTROL_PLANE_FLAGS, (t) => `${t}static\tkube-apiserver arg --audit-policy-file=/etc/kubernetes/audit.yaml\n`],
    [CONTROL_PLANE_FLAGS, (t) => `${t}static\tkube-apiserver arg --encryption-provider-config=/etc/kubernetes/enc.yaml\n`],
  ])('%s', async (code, edit) => {
    expect(codes(await adopt(foreign(edit)))).toContain(code);
  });

  it('is not said of manifests that Kubewright wrote, nor once the cluster was taken over', async () => {
    const flag = 'static\tkube-scheduler arg --config=/etc/kubernetes/kubescheduler-config.yaml\n';
    expect(codes(await adopt(foreign((t) => `${t}${flag}ours\tyes\n`)))).toEqual([]);
    const { living, cluster } = await adopt(foreign());
    const text = adoptedText(cluster, notedSettings(living, cluster));
    expect(codes(await adopt(foreign((t) => `${t}${flag}applied\t${text}\n`)))).toEqual([]);
  });

  it('takes what adopt has noted for what was applied', async () => {
    const { living, cluster } = await adopt(foreign());
    const text = adoptedText(cluster, notedSettings(living, cluster));
    const again = await adopt(foreign((t) => `${t}applied\t${text}\n`));
    expect(again.living.record?.hosts['m11-k8s']).toEqual(['control-plane', 'etcd']);
    expect(again).toMatchObject({ refusals: [], changes: [] });
    // Another inventory would drop what runs.
    const other = await adopt(foreign(kubespray));
    const noted = adoptedText(other.cluster, notedSettings(other.living, other.cluster));
    const { living: known } = await adopt(foreign((t) => `${kubespray(t)}applied\t${noted}\n`));
    const { kube_kubeadm_apiserver_extra_args: _, ...settings } = other.draft.settings;
    expect((await judged({ ...other.draft, settings }, known, [])).changes.map((c) => c.setting)).toEqual([
      'kube_kubeadm_apiserver_extra_args',
    ]);
    // Only what was read: a default is nobody's setting.
    expect(again.living.record?.settings).not.toHaveProperty('kubelet_max_pods');
  });
});
