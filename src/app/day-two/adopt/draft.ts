import { InputError } from '../../../base/errors.js';
import { nthAddress } from '../../../base/net/ipv4.js';
import { knownVersions } from '../../../cluster/catalogue.js';
import type { LivingCluster } from '../../../cluster/living/living-cluster.js';
import { addressOf } from '../../../cluster/living/living-etcd.js';
import { type RunningSettings, runningSettings } from '../../../cluster/living/running-settings.js';
import { EXTRA_ARGS, foreignFlags } from '../../../cluster/living/takeover/foreign-flags.js';
import { NETWORK_PLUGINS } from '../../../cluster/network-plugins.js';
import { defaultSettings } from '../../../cluster/settings.js';
import { groupVarsText } from '../../../cluster/settings-text.js';
import type { HostFacts } from '../../../facts/facts.js';
import { hostsIni } from '../../../inventory/hosts-ini.js';
import type { Host } from '../../../inventory/model/model.js';

/** A host as the cluster knows it. */
interface DraftHost {
  /** The node's name, else the host name. */
  readonly name: string;
  /** Variables as they are written into the hosts file. */
  readonly vars: Readonly<Record<string, string>>;
  readonly controlPlane: boolean;
  readonly worker: boolean;
  readonly etcd: boolean;
}

export interface Draft {
  readonly hosts: readonly DraftHost[];
  readonly settings: Readonly<Record<string, unknown>>;
  /** Given hosts on which nothing of the cluster is. */
  readonly outside: readonly string[];
  /** The name that was given → the one in the draft. */
  readonly names: ReadonlyMap<string, string>;
}

/** How a host is reached: what is copied from what was given. */
const CONNECTION = ['ansible_host', 'ansible_port', 'ansible_user'];

/** An inventory of the cluster that runs on these hosts. @throws InputError where two of them are the same host. */
export function draftOf(living: LivingCluster, given: readonly Host[], facts: ReadonlyMap<string, HostFacts>): Draft {
  const found = given.map((h) => ({ given: h.name, draft: hostOf(living, h, facts.get(h.name)) }));
  const hosts = found.flatMap(({ draft }) => (draft ? [draft] : []));
  for (const { given: name, draft } of found) {
    const other = found.find((f) => f.given !== name && draft && f.draft?.name === draft.name);
    if (other)
      throw new InputError({ what: `${name} and ${other.given} are the same host, ${draft?.name}`, fix: 'Give it once' });
  }
  return {
    hosts: sorted(hosts),
    settings: settingsOf(living, found, hosts),
    outside: found.flatMap((f) => (f.draft ? [] : [f.given])),
    names: new Map(found.flatMap(({ given, draft }) => (draft ? [[given, draft.name] as const] : []))),
  };
}

function hostOf(living: LivingCluster, host: Host, facts: HostFacts | undefined): DraftHost | undefined {
  if (!facts?.living) return undefined;
  const here = (address: string): boolean => facts.addresses.includes(address);
  const node = living.nodes.find((n) => here(n.internalIp));
  const member = living.etcd.members.find((m) => m.peerUrls.some((url) => here(addressOf(url))));
  const { staticPods, etcd } = facts.living;
  const controlPlane = staticPods['kube-apiserver'] !== undefined;
  const holdsEtcd = member !== undefined || staticPods.etcd !== undefined || (etcd?.data.length ?? 0) > 0;
  if (!node && !controlPlane && !holdsEtcd) return undefined;
  const values = CONNECTION.flatMap((name) => {
    const value = host.vars.get(name)?.value;
    return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)] as const] : [];
  });
  const address = node?.internalIp || (member ? addressOf(member.peerUrls[0] ?? '') : '');
  return {
    name: node?.name ?? facts.hostname.toLowerCase(),
    vars: {
      ansible_host: host.name,
      ...Object.fromEntries(values),
      ...(address === '' ? {} : { ip: address }),
      ...(member && member.name !== '' ? { etcd_member_name: member.name } : {}),
    },
    controlPlane,
    worker: node !== undefined && (!controlPlane || node.tainted === false),
    etcd: holdsEtcd,
  };
}

/** Control planes first, each group by name, as a person would write it. */
function sorted(hosts: readonly DraftHost[]): DraftHost[] {
  const rank = (h: DraftHost): number => (h.controlPlane ? 0 : h.etcd ? 1 : 2);
  return hosts.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en', { numeric: true }));
}

type Found = readonly { readonly given: string; readonly draft: DraftHost | undefined }[];

function settingsOf(living: LivingCluster, found: Found, hosts: readonly DraftHost[]): Record<string, unknown> {
  // What was found is known by the names that were given.
  const named = (of: (h: DraftHost) => boolean) =>
    found.flatMap(({ given, draft }) => (draft && of(draft) ? [{ name: given, controlPlane: draft.controlPlane }] : []));
  const controlPlane = named((h) => h.controlPlane);
  const workers = named((h) => h.worker);
  const running = runningSettings(living, {
    hosts: named(() => true),
    controlPlane,
    workers,
    etcd: named((h) => h.etcd),
    settings: { loadbalancer_apiserver: undefined, loadbalancer_apiserver_localhost: true },
  });
  const plain = workers.filter((h) => !h.controlPlane);
  const settings: Record<string, unknown> = {
    ...available(running),
    ...pluginOf(running),
    ...placesOf(living, controlPlane[0]?.name, named((h) => h.etcd)[0]?.name),
    ...balancerOf(living, hosts, running, plain.length > 0),
    ...extraArgs(living, controlPlane, { cluster_name: running.cluster_name ?? String(defaultSettings().cluster_name) }),
  };
  const services = String(settings.kube_service_addresses ?? defaultSettings().kube_service_addresses);
  const defaults: Readonly<Record<string, unknown>> = { ...defaultSettings(), skydns_server: nthAddress(services, 3) };
  const said = Object.entries(settings).filter(([name, value]) => name === 'kube_version' || !same(value, defaults[name]));
  return Object.fromEntries(said.map(([name, value]) => [name, typed(value)]));
}

/** Versions that are not known cannot be installed: they stay out, and the comparison says so. */
function available(running: RunningSettings): Record<string, unknown> {
  const files: Readonly<Record<string, string>> = { etcd_version: 'etcd', containerd_version: 'containerd' };
  return Object.fromEntries(
    Object.entries(running).filter(([name, value]) => files[name] === undefined || knownVersions(files[name]).includes(value)),
  );
}

/** A network that Kubewright does not look after stays as it is. */
function pluginOf({ kube_network_plugin: plugin }: RunningSettings): Record<string, unknown> {
  const ours = (NETWORK_PLUGINS as readonly (string | undefined)[]).includes(plugin);
  return { kube_network_plugin: ours ? plugin : 'none' };
}

function placesOf(living: LivingCluster, control: string | undefined, etcd: string | undefined): Record<string, unknown> {
  const program = living.hosts.get(control ?? '')?.kubeletProgram;
  const ca = living.hosts.get(etcd ?? '')?.etcd?.env.ETCD_TRUSTED_CA_FILE;
  const dirOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
  return {
    ...(program === undefined ? {} : { bin_dir: dirOf(program) }),
    ...(ca === undefined ? {} : { etcd_cert_dir: dirOf(ca) }),
  };
}

/** Where the API is found: by an address other than those of control planes, and on workers by their own load balancer where they have one. */
function balancerOf(
  living: LivingCluster,
  hosts: readonly DraftHost[],
  running: RunningSettings,
  hasWorkers: boolean,
): Record<string, unknown> {
  const [, address, port] = /^(.+):(\d+)$/.exec(living.configuration?.controlPlaneEndpoint ?? '') ?? [];
  const own = hosts.some((h) => h.controlPlane && (h.vars.ip === address || h.name === address));
  const local = running.loadbalancer_apiserver_type !== undefined;
  const external = address !== undefined && !own;
  return {
    ...(external ? { loadbalancer_apiserver: { address, port: Number(port) } } : {}),
    ...(hasWorkers && local === external ? { loadbalancer_apiserver_localhost: local } : {}),
  };
}

type Wanted = Parameters<typeof foreignFlags>[1];

/**
 * Arguments of the components that no other setting says, as far as an argument alone can keep them.
 *
 * @param wanted what an inventory has of these settings: those in which something is missing are returned whole.
 */
export function extraArgs(
  living: LivingCluster,
  controlPlane: readonly { readonly name: string }[],
  wanted: Pick<Wanted, 'cluster_name'> & Partial<Wanted>,
): Record<string, Readonly<Record<string, string>>> {
  const [first] = controlPlane;
  const pods = living.hosts.get(first?.name ?? '')?.staticPods ?? {};
  const none = {
    kube_kubeadm_apiserver_extra_args: {},
    kube_kubeadm_controller_extra_args: {},
    kube_kubeadm_scheduler_extra_args: {},
  };
  const settings: Record<string, Readonly<Record<string, string>>> = {};
  for (const { component, flag, value, needsFile } of foreignFlags(pods, { ...none, ...wanted })) {
    if (needsFile) continue;
    const name = EXTRA_ARGS[component];
    settings[name] = { ...wanted[name], ...settings[name], [flag]: value };
  }
  return settings;
}

function same(a: unknown, b: unknown): boolean {
  const text = (v: unknown): string => (typeof v === 'object' ? JSON.stringify(v) : String(v));
  return text(a) === text(b);
}

/** As a person would write it: the cluster's own words are texts. */
function typed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  return value === 'true' || value === 'false' ? value === 'true' : value;
}

/** File name → text. */
export function draftFiles(draft: Draft, become: boolean): Map<string, string> {
  const names = (of: (h: DraftHost) => boolean): string[] => draft.hosts.filter(of).map((h) => h.name);
  const hosts = hostsIni({
    hosts: draft.hosts,
    aligned: true,
    sections: [
      ['etcd', names((h) => h.etcd)],
      ['kube_control_plane', names((h) => h.controlPlane)],
      ['kube_node', names((h) => h.worker)],
      ['k8s_cluster:children', ['kube_control_plane', 'kube_node']],
    ],
  });
  return new Map([
    ['hosts.ini', hosts],
    ['group_vars/all.yml', groupVarsText({ become, settings: draft.settings })],
  ]);
}
