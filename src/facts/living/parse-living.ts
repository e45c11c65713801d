import { certificateFact, fingerprintOf, holdsKey } from './certificates.js';
import type {
  ApiFacts,
  EtcdFacts,
  EtcdMember,
  EtcdStatus,
  LivingFacts,
  NodeFact,
  RunningUnit,
  StaticPod,
} from './living-facts.js';

/** The probe's values by key. */
export type ProbeLines = ReadonlyMap<string, readonly string[]>;

/** Reads the lines of `livingProbe`; undefined: nothing of a cluster is on the host. */
export function parseLiving(lines: ProbeLines): LivingFacts | undefined {
  const all = (key: string): readonly string[] => (lines.get(key) ?? []).filter((v) => v !== '');
  if (all('living').length === 0) return undefined;
  const etcd = etcdFacts(all);
  const api = apiFacts(all);
  const [applied] = all('applied');
  const [program] = all('kubelet-program');
  return {
    running: Object.fromEntries(
      all('running').flatMap((r) => {
        const [unit = '', ...words] = r.split(' ');
        const version = versionIn(words.join(' '));
        return version === undefined ? [] : [[unit as RunningUnit, version]];
      }),
    ),
    replaced: all('replaced') as RunningUnit[],
    staticPods: staticPods(all('static')),
    otherPods: all('other-pod'),
    ours: all('ours').length > 0,
    ...(program === undefined ? {} : { kubeletProgram: program }),
    // kubespray writes Python's True and False.
    kubelet: Object.fromEntries(
      all('kubelet-field').map(
        (line) => line.replace(/ (True|False)$/, (word) => word.toLowerCase()).split(' ', 2) as [string, string],
      ),
    ),
    cni: [...all('cni')].sort(),
    certificates: all('cert').map(certificateFact),
    restoring: all('restoring').length > 0,
    ...(etcd ? { etcd } : {}),
    ...(api ? { api } : {}),
    ...(applied === undefined ? {} : { applied }),
  };
}

type Lines = (key: string) => readonly string[];

/** The first thing in a text that looks like a version, without `v` and without what a distribution adds (1.6.20~ds1). */
function versionIn(text: string): string | undefined {
  return /(?:^|[\sv:])(\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)\.\d+)?)/.exec(text)?.[1];
}

function staticPods(lines: readonly string[]): Record<string, StaticPod> {
  const pods: Record<string, { image: string; args: Record<string, string>; config?: string }> = {};
  for (const line of lines) {
    const [name = '', what, ...rest] = line.split(' ');
    pods[name] ??= { image: '', args: {} };
    const pod = pods[name];
    const text = rest.join(' ');
    if (what === 'image') pod.image ||= text;
    else if (what === 'config') pod.config = Buffer.from(text, 'base64').toString();
    else {
      const [, flag = '', value = 'true'] = /^--([^=\s]+)(?:=(.*))?$/.exec(text) ?? [];
      if (flag !== '') pod.args[flag] = value;
    }
  }
  return pods;
}

function etcdFacts(all: Lines): EtcdFacts | undefined {
  const env = Object.fromEntries(all('etcd-env').map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)]));
  const data = [...new Set(all('etcd-data'))];
  const ca = new Map<string, string>();
  const texts = new Map<string, string>();
  for (const line of all('etcd-ca')) {
    const [path = '', text = ''] = line.split(' ');
    const fingerprint = fingerprintOf(text);
    if (fingerprint === undefined) continue;
    ca.set(path, fingerprint);
    texts.set(path, text);
  }
  const status = etcdStatus(all('etcd-status'));
  if (Object.keys(env).length + data.length + ca.size === 0 && status === undefined) return undefined;
  return {
    data,
    env,
    ca: [...ca].map(([path, fingerprint]) => ({ path, fingerprint })),
    hasCaKey: all('etcd-ca-key').some((line) => {
      const [path = '', key = ''] = line.split(' ');
      return holdsKey(texts.get(path) ?? '', key);
    }),
    ...(status ? { status } : {}),
    members: all('etcd-member').flatMap((line) => etcdMember(line) ?? []),
  };
}

/** `etcdctl endpoint status -w fields`: `"MemberID" : 9372538179322589801`. The numbers have 64 bits. */
function etcdStatus(lines: readonly string[]): EtcdStatus | undefined {
  const fields = new Map(
    lines.flatMap((line) => {
      const [, key = '', value = ''] = /^"(\w+)"\s*:\s*(.*)$/.exec(line) ?? [];
      return key === '' ? [] : [[key, value.replaceAll('"', '')]];
    }),
  );
  const hex = (key: string): string => (/^\d+$/.test(fields.get(key) ?? '') ? BigInt(fields.get(key) ?? 0).toString(16) : '');
  if (hex('MemberID') === '') return undefined;
  const leader = hex('Leader');
  return {
    memberId: hex('MemberID'),
    ...(leader === '' || leader === '0' ? {} : { leader }),
    version: fields.get('Version') ?? '',
    dbBytes: Number(fields.get('DBSize')) || 0,
    isLearner: fields.get('IsLearner') === 'true',
    appliedIndex: Number(fields.get('RaftAppliedIndex')) || 0,
    errors: (fields.get('Errors') ?? '').replaceAll(/[[\]]/g, '').trim(),
  };
}

/** `8211f1d0f64f3269, started, etcd1, https://10.0.0.1:2380, https://10.0.0.1:2379, false` */
function etcdMember(line: string): EtcdMember | undefined {
  const [id = '', state, name = '', peers = '', clients = '', learner] = line.split(', ');
  if (!/^[0-9a-f]+$/.test(id)) return undefined;
  const urls = (text: string): string[] => text.split(',').filter((u) => u !== '');
  return {
    id,
    name,
    peerUrls: urls(peers),
    clientUrls: urls(clients),
    started: state === 'started',
    isLearner: learner === 'true',
  };
}

function apiFacts(all: Lines): ApiFacts | undefined {
  if (all('api').length === 0) return undefined;
  const version = versionIn(all('api-version')[0] ?? '');
  const [error] = all('api-error');
  const [file] = all('kubeadm-file');
  const configMaps: Record<string, Record<string, string>> = {};
  for (const line of all('configmap')) {
    const [, name = '', key = '', quoted = ''] = /^(\S+) (\S+) (".*")$/.exec(line) ?? [];
    const text = unquoted(quoted);
    if (name !== '' && text !== undefined) configMaps[name] = { ...configMaps[name], [key]: text };
  }
  const configuration =
    configMaps['kubeadm-config']?.ClusterConfiguration ??
    (file === undefined ? undefined : Buffer.from(file, 'base64').toString());
  const whys = new Map(
    all('node-why').map((line) => {
      const at = line.indexOf(' ');
      return [line.slice(0, at), unquoted(line.slice(at + 1)) ?? ''] as const;
    }),
  );
  return {
    ...(version === undefined ? {} : { version }),
    ready: all('api-ready').length > 0,
    ...(error === undefined ? {} : { error }),
    nodes: all('api-node').map((line) => nodeFact(line, whys)),
    ...(configuration === undefined ? {} : { clusterConfiguration: configuration }),
    configMaps,
    workloads: all('workload').map((line) => {
      const [kind = '', name = '', images = ''] = line.split(' ');
      return { kind, name, images: list(images) };
    }),
    services: all('service'),
    controlPlanePods: all('control-pod').map((line) => {
      const [node = '', component = '', image = ''] = line.split(' ');
      return { node, component, image };
    }),
    ipPools: all('pool').map((line) => {
      const [name = '', cidr = '', size, ipipMode = '', vxlanMode = '', nat, disabled] = line.split(' ');
      const blockSize = Number(size);
      return { name, cidr, blockSize, ipipMode, vxlanMode, natOutgoing: nat === 'nat', disabled: disabled === 'disabled' };
    }),
  };
}

function nodeFact(line: string, whys: ReadonlyMap<string, string>): NodeFact {
  const [name = '', kubelet = '', runtime = '', ready, cordoned, ip, cidr, roles = '', taint] = line.split(' ');
  return {
    name,
    kubelet: versionIn(kubelet) ?? '',
    runtime,
    ready: ready === 'True',
    cordoned: cordoned === 'cordoned',
    why: whys.get(name) ?? '',
    internalIp: ip === '-' ? '' : (ip ?? ''),
    podCidr: cidr === '-' ? '' : (cidr ?? ''),
    roles: list(roles).map((r) => r.replace('node-role.kubernetes.io/', '')),
    ...(taint === undefined ? {} : { tainted: taint === 'tainted' }),
  };
}

function list(text: string): string[] {
  return text.split(',').filter((w) => w !== '');
}

/** Go's `%q`: as JSON, but for characters that no configuration has. */
function unquoted(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
