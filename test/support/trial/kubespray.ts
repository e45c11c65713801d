import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { say } from '../lab.js';
import { bundleIndex } from '../lab-bundles.js';
import type { TrialLab } from './trial-lab.js';

/** A cluster of one control plane in kubespray's layout on the machines of a trial, and the inventory that kubespray would have had. */

/** Of the lab: how to log in, and what this box needs. */
type LabSettings = Readonly<Record<string, unknown>>;

function labFile(lab: TrialLab): string {
  return join(dirname(lab.inventory), 'group_vars', 'all', 'lab.yml');
}

function addressesOf(lab: TrialLab): ReadonlyMap<string, string> {
  const found = [...readFileSync(lab.inventory, 'utf8').matchAll(/^(\S+) ansible_host=(\S+)/gm)];
  return new Map(found.map(([, name = '', address = '']) => [name, address]));
}

export function addressOf(lab: TrialLab, name: string): string {
  return addressesOf(lab).get(name) ?? '';
}

/**
 * Writes it, beside the settings of the lab: which groups the hosts have, and what kubespray's sample has in its group variables.
 *
 * @returns its hosts.yml.
 */
export function writeInventory(lab: TrialLab, workers: readonly string[]): string {
  const dir = join(lab.dir, 'inventory', 'mycluster');
  const addresses = addressesOf(lab);
  const [first = ''] = lab.controlPlanes;
  const names = [first, ...workers];
  const listed = (list: readonly string[]) => ({ hosts: Object.fromEntries(list.map((n) => [n, null])) });
  const files = {
    'hosts.yml': stringify(
      {
        all: {
          hosts: Object.fromEntries(
            names.map((n) => {
              const ip = addresses.get(n);
              return [n, { ansible_host: ip, ip, access_ip: ip }];
            }),
          ),
          children: {
            kube_control_plane: listed([first]),
            kube_node: listed(workers),
            etcd: listed([first]),
            k8s_cluster: { children: { kube_control_plane: null, kube_node: null } },
            calico_rr: { hosts: {} },
          },
        },
      },
      { nullStr: '' },
    ),
    'group_vars/all/lab.yml': readFileSync(labFile(lab), 'utf8'),
    'group_vars/all/all.yml': stringify({ bin_dir: '/usr/local/bin', loadbalancer_apiserver_healthcheck_port: 8081 }),
    'group_vars/all/etcd.yml': stringify({ etcd_data_dir: '/var/lib/etcd', etcd_deployment_type: 'host' }),
    'group_vars/k8s_cluster/k8s-cluster.yml': stringify({
      kube_config_dir: '/etc/kubernetes',
      kube_cert_dir: '{{ kube_config_dir }}/ssl',
      kube_owner: 'kube',
      kube_network_plugin: 'calico',
      kube_service_addresses: '10.233.0.0/18',
      kube_pods_subnet: '10.233.64.0/18',
      kube_network_node_prefix: 24,
      kube_apiserver_port: 6443,
      kube_proxy_mode: 'iptables',
      cluster_name: 'cluster.local',
      dns_mode: 'coredns',
      enable_nodelocaldns: true,
      container_manager: 'containerd',
    }),
    'group_vars/k8s_cluster/k8s-net-calico.yml': stringify({ calico_pool_blocksize: 26, calico_vxlan_mode: 'Always' }),
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return join(dir, 'hosts.yml');
}

/** Makes the cluster. Its output is in `layout.log` of the trial. @throws Error where the script fails. */
export async function makeCluster(lab: TrialLab, bundle: string, workers: readonly string[]): Promise<void> {
  const s: LabSettings = parse(readFileSync(labFile(lab), 'utf8'));
  const pair = (name: string) => `${name}=${addressOf(lab, name)}`;
  const python = (value: unknown) => (value === false ? 'False' : 'True');
  const restricted = s.containerd_restrict_oom_score_adj === true;
  const ssh = [
    'ssh',
    ...['-F', 'none', '-o', `UserKnownHostsFile=${lab.paths.sshKnownHosts}`, '-o', 'BatchMode=yes', '-i', lab.paths.sshKey],
    ...['-l', 'vagrant'],
  ];
  const env = {
    BUNDLE: bundle,
    KUBE_VERSION: bundleIndex({ from: 'go', dir: bundle }).kubeVersion,
    CONTROL_PLANE: pair(lab.controlPlanes[0] ?? ''),
    WORKERS: workers.map(pair).join(' '),
    SSH: ssh.join(' '),
    CGROUP_DRIVER: String(s.kubelet_cgroup_driver ?? 'systemd'),
    FAIL_SWAP_ON: python(s.kubelet_fail_swap_on),
    FAIL_CGROUP_V1: python(s.kubelet_fail_cgroup_v1),
    KUBELET: s.kubelet_config_extra_args ? stringify(s.kubelet_config_extra_args).trimEnd() : '',
    PROXY_MAX_PER_CORE: String(s.kube_proxy_conntrack_max_per_core ?? 32_768),
    PROXY_MIN: String(s.kube_proxy_conntrack_min ?? 131_072),
    CONTAINERD: restricted ? 'restrict_oom_score_adj = true' : '',
    OOM_SCORE_ADJUST: restricted ? '' : '-999',
  };
  const script = join(import.meta.dirname, 'kubespray-layout.sh');
  const path = join(lab.dir, 'layout.log');
  say(`${script}, output in ${path}`);
  const code = await new Promise<number | null>((resolve) => {
    const child = spawn('bash', [script], { env: { ...process.env, ...lab.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(path);
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.on('close', (status) => log.end(() => resolve(status)));
  });
  if (code !== 0) throw new Error(`the cluster could not be made (${code}): ${readFileSync(path, 'utf8').slice(-3000)}`);
}
