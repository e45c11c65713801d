import type { HostFacts } from './facts.js';
import { parseLiving } from './living/parse-living.js';
import { parseOsRelease } from './os-release.js';

const ARCHES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/**
 * Reads what the probe printed.
 *
 * @param receivedAt the operator's clock, milliseconds since the epoch, when the first bytes came.
 * @param askedAt the same when the probe was sent; default: no time passed.
 * @throws Error when the output is not the probe's (a shell that prints its own text, a broken host).
 */
export function parseFacts(text: string, receivedAt: number, askedAt = receivedAt): HostFacts {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t');
    if (tab <= 0) continue;
    const key = line.slice(0, tab);
    const list = values.get(key) ?? [];
    list.push(line.slice(tab + 1).trim());
    values.set(key, list);
  }
  const one = (key: string): string => values.get(key)?.[0] ?? '';
  const all = (key: string): string[] => (values.get(key) ?? []).filter((v) => v !== '');
  const num = (key: string): number => Number(one(key)) || 0;
  if (!values.has('clock') || one('arch') === '') throw new Error('the probe printed nothing that could be understood');

  const living = parseLiving(values);
  const v2 = one('cgroup-fs') === 'cgroup2fs';
  return {
    os: parseOsRelease(all('os-release').join('\n')),
    arch: ARCHES[one('arch')] ?? one('arch'),
    kernel: one('kernel'),
    hostname: one('hostname'),
    machineId: one('machine-id'),
    init: one('init'),
    memoryMb: Math.round(num('memory-kb') / 1024),
    swapMb: Math.round(num('swap-kb') / 1024),
    diskFreeMb: Object.fromEntries(
      all('disk')
        .map((d) => d.split(' '))
        .map(([path, kb]) => [path ?? '', Math.round(Number(kb) / 1024)]),
    ),
    clockAheadMs: num('clock') - receivedAt,
    clockDelayMs: receivedAt - askedAt,
    addresses: all('address'),
    cgroup: { version: v2 ? 2 : 1, controllers: (v2 ? one('cgroup-v2') : one('cgroup-v1')).split(/\s+/).filter((c) => c !== '') },
    modules: Object.fromEntries(
      all('module').map((m) => {
        const [name, there] = m.split(' ');
        return [name ?? '', there === 'yes'];
      }),
    ),
    readOnlyUsr: one('read-only-usr') === 'yes',
    nameservers: all('nameserver'),
    listening: all('listen').map((l) => {
      const [port, program] = l.split(' ');
      return { port: Number(port), program: program ?? '' };
    }),
    tools: new Set(all('tool')),
    isNode: one('node') === 'yes',
    ...(living ? { living } : {}),
    unreachable: all('unreachable').map((u) => {
      const [address, port, why] = u.split(' ');
      return { endpoint: `${address}:${port}`, why: why === 'timeout' ? ('timeout' as const) : ('no route' as const) };
    }),
  };
}
