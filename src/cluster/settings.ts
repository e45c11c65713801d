import * as z from 'zod';
import { isIpv4, nthAddress, parseSubnet } from '../base/net/ipv4.js';
import type { VarValue } from '../inventory/model/values.js';
import { calicoShape } from './calico/shape.js';
import { CONTAINER_RUNTIMES } from './container-runtimes.js';
import { NETWORK_PLUGINS } from './network-plugins.js';
import { amount, bool, count, int, strings, text } from './setting-types.js';

/**
 * The settings of a cluster: kubespray's names and defaults, so that group_vars written for it work, and a few of our own.
 * Defaults that depend on other settings are filled in by `parseSettings`.
 */
const path = text.pipe(z.string().regex(/^\/[A-Za-z0-9/._@+-]*$/, 'must be an absolute path of letters, digits, / . _ @ + -'));
const port = int.pipe(z.number().min(1).max(65535));
const args = z.record(
  z.string(),
  z.preprocess((v) => (typeof v === 'number' || typeof v === 'boolean' ? String(v) : v), z.string()),
);
const version = text
  .pipe(z.string().regex(/^v?\d+\.\d+\.\d+/, 'must be a version like 1.34.2'))
  .transform((v) => v.replace(/^v/, ''));

/** Source: systemd.time(7) */
const calendar = text.pipe(
  z.string().regex(/^[A-Za-z0-9*:,./~+ -]+$/, 'must be a calendar event of systemd, such as daily or *-*-* 03:00'),
);

const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const domain = text.pipe(
  z.string().regex(new RegExp(`^${label}(\\.${label})*$`), 'must be a DNS name of lower-case letters, digits, - and .'),
);
const url = text.pipe(z.string().regex(/^https?:\/\/[^\s"'\\`$]+$/, 'must be a URL like http://proxy.example.org:3128'));
/** The part of an image's name in front of its path. */
const registry = text.pipe(
  z
    .string()
    .regex(
      /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
      'must be a registry like registry.example.org:5000/path, without http://',
    ),
);
const registryHost = text.pipe(
  z
    .string()
    .regex(
      /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/,
      'must be a host like registry.example.org:5000, without http://',
    ),
);
/** Empty text in an inventory means that the setting is not set. */
const unless = <T extends z.ZodType>(type: T) => z.preprocess((v) => (v === '' ? undefined : v), type.optional());
const ipv4 = text.pipe(z.string().refine(isIpv4, 'must be an IPv4 address'));
const isSubnet = (v: string): boolean => parseSubnet(v) !== undefined;
const nameOrAddress = text.pipe(
  z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'must be a name or an address, without a port'),
);

const kubeVersion = text
  .pipe(z.string().regex(/^(latest|v?\d+\.\d+(\.\d+.*)?)$/, 'must be a version like 1.34.2, a minor like 1.34, or latest'))
  .transform((v) => v.replace(/^v/, ''));
const sha256 = text
  .transform((v) => v.replace(/^sha256:/, ''))
  .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 checksum of 64 hexadecimal digits'));
const checksums = z.record(z.string(), z.record(z.string(), sha256)).optional();

export const settingsShape = {
  kube_version: kubeVersion
    .optional()
    .describe('Kubernetes version, such as 1.36.4; 1.36 and latest mean the newest patch that is known'),
  cluster_name: domain.default('cluster.local').describe('DNS domain of the cluster'),
  kube_network_plugin: z.enum(NETWORK_PLUGINS).default(NETWORK_PLUGINS[0]).describe('pod network'),
  kube_service_addresses: text.default('10.233.0.0/18').describe('subnet of services'),
  kube_pods_subnet: text.default('10.233.64.0/18').describe('subnet of pods'),
  kube_network_node_prefix: int.default(24).describe("prefix length of each node's share of the pod subnet"),
  kube_proxy_mode: z
    .enum(['iptables', 'ipvs', 'nftables'])
    .default('iptables')
    .describe('how kube-proxy forwards services (kubespray: ipvs)'),
  kube_proxy_strict_arp: bool.default(false).describe('strict ARP of IPVS, for MetalLB'),
  kube_proxy_conntrack_max_per_core: amount.default(32768).describe('tracked connections per CPU; 0 leaves the kernel alone'),
  kube_proxy_conntrack_min: amount.default(131072).describe('tracked connections at least'),
  dns_mode: z.enum(['coredns', 'none']).default('coredns').describe('cluster DNS'),
  skydns_server: unless(ipv4).describe('address of the cluster DNS; default: third service address'),
  container_manager: z.enum(CONTAINER_RUNTIMES).default(CONTAINER_RUNTIMES[0]).describe('container runtime'),
  bin_dir: path.default('/usr/local/bin').describe('directory of binaries'),
  etcd_data_dir: path.default('/var/lib/etcd').describe("etcd's data"),
  etcd_cert_dir: path.default('/etc/ssl/etcd/ssl').describe("etcd's certificates"),
  etcd_quota_backend_bytes: amount.default(2147483648).describe("limit of etcd's database, bytes"),
  etcd_heartbeat_interval: count.default(250).describe('milliseconds between heartbeats of the leader'),
  etcd_election_timeout: count.default(5000).describe('milliseconds without leader until an election'),
  etcd_backup_prefix: path.default('/var/backups').describe('directory on the etcd hosts whose etcd/ keeps snapshots'),
  etcd_backup_retention_count: int
    .pipe(z.number().min(-1))
    .default(5)
    .describe('snapshots that are kept there; -1: all (kubespray: -1)'),
  etcd_backup_schedule: unless(calendar).describe(
    'when each etcd host takes a snapshot, as systemd writes it: daily, *-*-* 03:00; default: never',
  ),
  kube_apiserver_port: port.default(6443).describe('port of the API server'),
  kube_apiserver_node_port_range: text
    .pipe(z.string().refine(isPortRange, 'must be two ports, the smaller one first, like 30000-32767'))
    .default('30000-32767')
    .describe('ports of NodePort services'),
  loadbalancer_apiserver: z
    .object({ address: nameOrAddress, port: port.optional() })
    .optional()
    .describe('external load balancer of the API'),
  loadbalancer_apiserver_localhost: bool
    .optional()
    .describe('local load balancer on every worker; default: true unless there is an external one'),
  loadbalancer_apiserver_type: z.enum(['haproxy', 'nginx']).default('nginx').describe('program of the local load balancer'),
  loadbalancer_apiserver_port: port.optional().describe('port of the local load balancer; default: kube_apiserver_port'),
  loadbalancer_apiserver_healthcheck_port: port.default(8081).describe("port of the local load balancer's health"),
  apiserver_loadbalancer_domain_name: unless(domain).describe('name of the external load balancer'),
  supplementary_addresses_in_ssl_keys: strings.default([]).describe("more names and addresses in the API server's certificate"),
  auto_renew_certificates: bool
    .default(false)
    .describe("renew kubeadm's certificates by a timer on the control planes when they end within 60 days"),
  auto_renew_certificates_systemd_calendar: calendar
    .default('Mon *-*-1,2,3,4,5,6,7 03:00:00')
    .describe('when that timer looks; control planes take turns, 10 minutes apart'),
  kubeadm_init_timeout: z
    .preprocess((v) => (typeof v === 'string' ? seconds(v) : v), count)
    .default(300)
    .describe('seconds that kubeadm init may take'),
  kube_kubeadm_apiserver_extra_args: args.default({}).describe('more arguments of the API server'),
  kube_kubeadm_controller_extra_args: args.default({}).describe('more arguments of the controller manager'),
  kube_kubeadm_scheduler_extra_args: args.default({}).describe('more arguments of the scheduler'),
  kubelet_max_pods: count.default(110).describe('pods per node'),
  kubelet_fail_swap_on: bool.default(true).describe('refuse to run with swap (swap is then turned off)'),
  kubelet_fail_cgroup_v1: bool.optional().describe('refuse to run on cgroup v1; default: what the version does'),
  kubelet_cgroup_driver: z.enum(['systemd', 'cgroupfs']).default('systemd').describe('cgroup driver'),
  kubelet_resolv_conf: path.optional().describe('resolv.conf that pods inherit; default: kubeadm finds out'),
  kubelet_config_extra_args: z.record(z.string(), z.unknown()).default({}).describe('more fields of KubeletConfiguration'),
  containerd_restrict_oom_score_adj: bool.default(false).describe('for sandboxes that forbid lowering oom_score_adj'),
  containerd_registries_mirrors: z
    .array(
      z.object({
        prefix: text,
        server: text.optional(),
        mirrors: z.array(
          z.object({
            host: text,
            capabilities: strings.optional(),
            skip_verify: bool.optional(),
            override_path: bool.optional(),
            ca: z.union([text, strings]).optional(),
            client: z.unknown().optional(),
            header: z.record(z.string(), z.union([text, strings])).optional(),
          }),
        ),
      }),
    )
    .default([])
    .describe('mirrors of registries'),
  containerd_registry_auth: z
    .array(z.object({ registry: registryHost, username: text, password: text }))
    .default([])
    .describe('logins to registries and mirrors, by their host and port; the passwords belong in a vault'),
  ...calicoShape,
  etcd_version: version.optional().describe('other etcd version than the one paired with Kubernetes'),
  containerd_version: version.optional().describe('other containerd version'),
  runc_version: version.optional().describe('other runc version'),
  cni_version: version.optional().describe('other version of the CNI plugins'),
  crictl_version: version.optional().describe('other crictl version'),
  calico_version: version.optional().describe('other Calico version'),
  kube_image_repo: unless(registry).describe('registry of the Kubernetes images; default: the one of the version'),
  docker_image_repo: registry.default('docker.io').describe('registry in place of docker.io'),
  quay_image_repo: registry.default('quay.io').describe('registry in place of quay.io'),
  github_image_repo: registry.default('ghcr.io').describe('registry in place of ghcr.io'),
  files_repo: unless(url).describe('mirror of the release files: {files_repo}/HOST/PATH'),
  http_proxy: unless(url).describe('proxy for what the nodes fetch: files, packages, images'),
  https_proxy: unless(url).describe('the same for https'),
  no_proxy: text.optional().describe('hosts reached without proxy, besides those of the cluster; commas between them'),
  populate_inventory_to_hosts_file: bool.default(true).describe("write the hosts' names into /etc/hosts"),
  minimal_master_memory_mb: amount.default(1500).describe('memory that preflight requires of control planes, MB'),
  minimal_node_memory_mb: amount.default(1024).describe('memory that preflight requires of workers, MB'),
  kubeconfig_localhost: bool.default(false).describe('copy the admin kubeconfig to artifacts_dir here'),
  artifacts_dir: text.optional().describe('directory for it; default: artifacts beside the inventory'),
  client_shell: bool.default(false).describe('short commands around kubectl on the control planes (docs/shell.md)'),
  client_shell_users: z
    .array(text.pipe(z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be names of users')))
    .default([])
    .describe('users there who get them and the admin kubeconfig, besides root'),
  metrics_server_enabled: bool
    .default(false)
    .describe('install metrics-server, for kubectl top and autoscaling (docs/addons.md)'),
  metrics_server_kubelet_insecure_tls: bool
    .default(true)
    .describe("whether it takes kubelets' certificates that the cluster's authority has not signed"),
  local_path_provisioner_enabled: bool
    .default(false)
    .describe("install a storage class whose volumes are directories of the pod's node (docs/addons.md)"),
  local_path_provisioner_claim_root: path
    .default('/opt/local-path-provisioner/')
    .describe('directory on the nodes for new volumes'),
  local_path_provisioner_is_default_storageclass: bool.default(true).describe('whether claims that name no storage class get it'),
  headlamp_enabled: bool
    .default(false)
    .describe('install the dashboard Headlamp; kubewright dashboard opens it (docs/addons.md)'),
  dashboard_insecure_lab: bool
    .default(false)
    .describe('for labs: a dashboard without login on port 31000 of the first control plane (docs/addons.md)'),
  dashboard_insecure_lab_networks: z
    .array(text.pipe(z.string().refine(isSubnet, 'must be subnets like 192.168.1.0/24')))
    .default([])
    .describe("who gets in there; default: the /24 of each node's address"),
  kubewright_bundle: text.optional().describe('offline bundle (directory or tar) to install from'),
  kubewright_cache_dir: path
    .default('/var/cache/kubewright')
    .describe('directory on the nodes for downloads until they are installed'),
  kubeadm_checksums: checksums.describe('sha256 by CPU and version, for versions that the catalogue lacks'),
  kubelet_checksums: checksums.describe('the same of the kubelet'),
  kubectl_checksums: checksums.describe('the same of kubectl'),
  etcd_binary_checksums: checksums.describe("the same of etcd's archive"),
  containerd_archive_checksums: checksums.describe("the same of containerd's archive"),
  runc_checksums: checksums.describe('the same of runc'),
  crictl_checksums: checksums.describe("the same of crictl's archive"),
  cni_binary_checksums: checksums.describe("the same of the CNI plugins' archive"),
  calico_crds_archive_checksums: checksums.describe("the same of Calico's source archive, with no_arch as the CPU"),
  kubewright_preflight_ignore: strings.default([]).describe('preflight checks to skip'),
} as const;

const schema = z.object(settingsShape);

type Parsed = z.output<typeof schema>;
/** Settings with all defaults filled in. */
export type ClusterSettings = Readonly<Omit<Parsed, 'kube_version' | 'skydns_server' | 'loadbalancer_apiserver_port'>> & {
  readonly loadbalancer_apiserver_port: number;
  readonly kube_version: string;
  readonly skydns_server: string;
};

export const SETTING_NAMES: readonly string[] = Object.keys(settingsShape);

export interface SettingProblem {
  readonly name: string;
  readonly message: string;
  /** What it may be, for a choice of a few words. */
  readonly choices?: readonly string[];
}

/** Reads the known names from a host's variables. Wrong values are returned as problems and replaced by their defaults. */
export function parseSettings(
  vars: Readonly<Record<string, unknown>>,
  defaults: { readonly kubeVersion: string },
): { readonly settings: ClusterSettings; readonly problems: readonly SettingProblem[] } {
  const known = Object.fromEntries(
    SETTING_NAMES.flatMap((name) => (vars[name] === undefined || vars[name] === null ? [] : [[name, vars[name]]])),
  );
  const first = schema.safeParse(known);
  const problems = first.success ? [] : first.error.issues.map(problemOf);
  const wrong = new Set(problems.map((p) => p.name));
  const data = first.success
    ? first.data
    : schema.parse(Object.fromEntries(Object.entries(known).filter(([n]) => !wrong.has(n))));
  return {
    settings: {
      ...data,
      kube_version: data.kube_version ?? defaults.kubeVersion,
      loadbalancer_apiserver_localhost: data.loadbalancer_apiserver_localhost ?? data.loadbalancer_apiserver === undefined,
      loadbalancer_apiserver_port: data.loadbalancer_apiserver_port ?? data.kube_apiserver_port,
      skydns_server: data.skydns_server ?? nthAddress(data.kube_service_addresses, 3),
    },
    problems,
  };
}

function problemOf(issue: z.core.$ZodIssue): SettingProblem {
  const [name, ...path] = issue.path.map(String);
  const message = plainly(issue);
  if (path.length > 0) return { name: name ?? '', message: `${path.join('.')} ${message}` };
  return { name: name ?? '', message, ...(issue.code === 'invalid_value' ? { choices: issue.values.map(String) } : {}) };
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** What a value must be, in the words of YAML. */
function plainly(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `must be ${KINDS[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  return issue.message;
}

/** What timeout(1) takes, as kubespray passes it on: `300s`, `5m`, `1h`. */
function seconds(text: string): string {
  const [, n, unit] = /^(\d+)([smh])$/.exec(text.trim()) ?? [];
  return n === undefined ? text : String(Number(n) * ({ m: 60, h: 3600 }[unit ?? ''] ?? 1));
}

function isPortRange(range: string): boolean {
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(range) ?? [];
  return Number(first) >= 1 && Number(first) <= Number(last) && Number(last) <= 65535;
}

/** Keys inside of the settings that are maps or lists of maps, by the path to them: `loadbalancer_apiserver`, `….mirrors`. */
export function nestedKeys(): ReadonlyMap<string, readonly string[]> {
  const out = new Map<string, readonly string[]>();
  const walk = (path: string, type: unknown): void => {
    if (type instanceof z.ZodOptional || type instanceof z.ZodDefault) walk(path, type.unwrap());
    else if (type instanceof z.ZodArray) walk(path, type.element);
    else if (type instanceof z.ZodObject) {
      out.set(path, Object.keys(type.shape));
      for (const [name, inner] of Object.entries(type.shape)) walk(`${path}.${name}`, inner);
    }
  };
  for (const [name, type] of Object.entries(settingsShape)) walk(name, type);
  return out;
}

/** The settings that have a fixed default, with it. */
export function defaultSettings(): Readonly<Record<string, VarValue>> {
  return JSON.parse(JSON.stringify(schema.parse({})));
}
