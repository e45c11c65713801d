import type { Certificate, Cgroup, Process, Trace } from './model.js';
import { NAMESPACES } from './model.js';

/** `14:03:05.120`; whole seconds where nothing finer is known. UTC, as the cluster says it. */
export function clock(at: number): string {
  const text = new Date(at).toISOString().slice(11, 23);
  return text.endsWith('.000') ? text.slice(0, 8) : text;
}

/** `64 MiB` */
export function bytes(n: number | undefined): string {
  if (n === undefined) return '?';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  let value = n;
  while (value >= 1024 && i < units.length - 1) {
    value /= 1024;
    i++;
  }
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[i]}`;
}

/** `12 MiB of 64 MiB memory, 0.25 CPU at most, 1 of 512 processes` */
export function limits(c: Cgroup): string {
  const parts = [
    `${bytes(c.memory)} of ${c.memoryMax === undefined ? 'unlimited' : bytes(c.memoryMax)} memory`,
    c.cpuMax === undefined ? 'CPU unlimited' : `${round(c.cpuMax)} CPU at most`,
    ...(c.cpuWeight === undefined ? [] : [`CPU weight ${c.cpuWeight}`]),
    ...(c.cpuShares === undefined ? [] : [`CPU shares ${c.cpuShares}`]),
    ...(c.cpuSeconds === undefined ? [] : [`${c.cpuSeconds.toFixed(2)} s CPU used`]),
    ...(c.pids === undefined ? [] : [`${c.pids} of ${c.pidsMax ?? 'unlimited'} processes`]),
  ];
  return parts.join(', ');
}

function round(n: number): string {
  return String(Math.round(n * 1000) / 1000);
}

/** Whose each namespace of a process is. */
export function namespaceRows(
  { node }: Pick<Trace, 'node'>,
  process: Process,
): readonly { readonly kind: string; readonly id: string; readonly whose: 'host' | 'pod' | 'own' }[] {
  return NAMESPACES.flatMap((kind) => {
    const id = process.namespaces.get(kind);
    if (!id) return [];
    const whose = id === node.namespaces.get(kind) ? 'host' : id === node.pause?.namespaces.get(kind) ? 'pod' : 'own';
    return [{ kind, id, whose }];
  });
}

export const WHOSE = { host: "the host's", pod: 'shared by the pod', own: 'its own' } as const;

export const CERTIFICATE_TITLES: Readonly<Record<Certificate['role'], string>> = {
  ca: "cluster's authority",
  'kubelet-client': 'kubelet → API server',
  'api-server': "API server's own, as the kubelet sees it",
  'kubelet-server': "kubelet's own, as the API server sees it",
};

export function trust(c: Certificate): string {
  if (c.role === 'ca') return 'signs itself';
  if (c.trusted) return "signed by the cluster's authority";
  return c.subject === c.issuer || c.role === 'kubelet-server'
    ? "not by the cluster's authority (the kubelet's own, kubeadm's default)"
    : "NOT trusted by the cluster's authority";
}
