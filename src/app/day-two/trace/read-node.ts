import type { Answer } from '../ask.js';
import type { ContainerStatus, PodObject } from './ask-api.js';
import type {
  ApiFacts,
  Certificate,
  Cgroup,
  ContainerFacts,
  NetworkFacts,
  NodeFacts,
  Process,
  Program,
  RootFs,
} from './model.js';

const ROLES = ['ca', 'kubelet-client', 'api-server', 'kubelet-server'] as const;
/** cgroup v1 says "no limit" by the largest number of pages. */
const NO_LIMIT = 2 ** 62;

/** What a node answered to `lookAtNode`. */
export class NodeAnswer {
  readonly #answer: Answer;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  node(name: string): NodeFacts {
    const [path = '', ...version] = this.#one('runc').split(' ');
    return {
      name,
      kubelet: this.#program('kubelet'),
      containerd: this.#program('containerd'),
      runc: { path, version: version.join(' ') },
      sandbox: this.#one('sandbox'),
      shim: this.#process('shim'),
      pause: this.#process('pause'),
      namespaces: this.#namespaces('host'),
      podCgroup: this.#cgroup('pod'),
    };
  }

  api(): ApiFacts {
    return { server: this.#one('server'), peers: this.#all('peer') };
  }

  containers({ status }: PodObject): ContainerFacts[] {
    const facts = (c: ContainerStatus, init: boolean): ContainerFacts => {
      const key = `c.${c.name}`;
      const [state = 'unknown', detail] = Object.entries(c.state ?? {})[0] ?? [];
      return {
        name: c.name,
        image: c.image,
        id: containerId(c),
        init,
        state: detail?.reason ? `${state} (${detail.reason})` : state,
        restarts: c.restartCount,
        process: this.#process(key),
        processes: this.#all(`${key}.proc`).map((line) => {
          const [pid = '', inside = '', ...comm] = line.split(' ');
          return { pid: Number(pid), inside: Number(inside), comm: comm.join(' ') };
        }),
        cgroup: this.#cgroup(key),
        root: rootOf(this.#one(`${key}.root`)),
      };
    };
    return [
      ...(status.initContainerStatuses ?? []).map((c) => facts(c, true)),
      ...(status.containerStatuses ?? []).map((c) => facts(c, false)),
    ];
  }

  network(): NetworkFacts {
    const inside = linkOf(this.#one('net.inside'));
    const outside = linkOf(this.#one('net.outside'));
    return {
      addresses: this.#all('net.address'),
      ...(inside ? { inside: { name: inside.name, index: inside.index, mtu: inside.mtu, peer: inside.peer ?? 0 } } : {}),
      ...(outside ? { outside: { name: outside.name, index: outside.index, mtu: outside.mtu } } : {}),
      gateway: oneBlank(this.#one('net.gateway')),
      route: routeOf(this.#one('net.route')),
      others: this.#all('net.other').map((line) => {
        const [node = '', pod = '', ...route] = line.split(' ');
        return { node, pod, route: routeOf(route.join(' ')) };
      }),
    };
  }

  certificates(): Certificate[] {
    return ROLES.flatMap((role) => {
      const lines = this.#all('cert').flatMap((l) => (l.startsWith(`${role} `) ? [l.slice(role.length + 1)] : []));
      const value = (name: RegExp): string => lines.flatMap((l) => name.exec(l)?.[1] ?? [])[0] ?? '';
      const subject = value(/^subject=\s*(.*)/);
      if (subject === '') return [];
      const trusted = value(/^trusted=(.*)/);
      return [
        {
          role,
          subject,
          issuer: value(/^issuer=\s*(.*)/),
          ends: value(/^notAfter=(.*)/),
          fingerprint: value(/^sha256 Fingerprint=(.*)/i),
          trusted: trusted === '' ? undefined : trusted === 'yes',
        },
      ];
    });
  }

  #all(key: string): readonly string[] {
    return this.#answer.get(key) ?? [];
  }

  #one(key: string): string {
    return this.#all(key)[0]?.trim() ?? '';
  }

  #program(unit: string): Program | undefined {
    const [pid = '', ...version] = this.#one(unit).split(' ');
    return pid === '' ? undefined : { pid: Number(pid), version: version.join(' ') };
  }

  #namespaces(key: string): Map<string, string> {
    return new Map(this.#all(`${key}.ns`).map((line) => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']));
  }

  #process(key: string): Process | undefined {
    const pid = this.#one(`${key}.pid`);
    if (pid === '') return undefined;
    return {
      pid: Number(pid),
      ppid: Number(this.#one(`${key}.ppid`)),
      nsPids: this.#one(`${key}.nspid`).split(/\s+/).map(Number),
      comm: this.#one(`${key}.comm`),
      exe: this.#one(`${key}.exe`),
      uid: Number(this.#one(`${key}.uid`)),
      started: Number(this.#one(`${key}.started`)),
      namespaces: this.#namespaces(key),
    };
  }

  #cgroup(key: string): Cgroup | undefined {
    const path = this.#one(`${key}.cgpath`);
    if (path === '') return undefined;
    const files = new Map(
      this.#all(`${key}.cg`).map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1).trim()]),
    );
    const number = (...names: readonly string[]): number | undefined => {
      const text = names.flatMap((n) => files.get(n) ?? [])[0];
      const value = text === undefined || text === 'max' ? undefined : Number(text);
      return value === undefined || !Number.isFinite(value) || value > NO_LIMIT ? undefined : value;
    };
    const [quota, period] = (files.get('cpu.max') ?? `${files.get('cpu.cfs_quota_us')} ${files.get('cpu.cfs_period_us')}`)
      .split(' ')
      .map(Number);
    const usec = /usage_usec (\d+)/.exec(files.get('cpu.stat') ?? '')?.[1];
    const nsec = number('cpuacct.usage');
    return {
      path,
      memoryMax: number('memory.max', 'memory.limit_in_bytes'),
      memory: number('memory.current', 'memory.usage_in_bytes'),
      cpuMax: quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : undefined,
      cpuWeight: number('cpu.weight'),
      cpuShares: number('cpu.shares'),
      cpuSeconds: usec !== undefined ? Number(usec) / 1e6 : nsec === undefined ? undefined : nsec / 1e9,
      pids: number('pids.current'),
      pidsMax: number('pids.max'),
    };
  }
}

/** Without `containerd://`; '' before it was made. */
export function containerId(c: ContainerStatus): string {
  return (c.containerID ?? '').replace(/^.*:\/\//, '');
}

/** `TYPE SOURCE OPTIONS` of mountinfo. */
function rootOf(text: string): RootFs | undefined {
  if (text === '') return undefined;
  const [type = '', , options = ''] = text.split(' ');
  const option = (name: string): string =>
    options.split(',').flatMap((o) => (o.startsWith(`${name}=`) ? [o.slice(name.length + 1)] : []))[0] ?? '';
  return {
    type,
    layers: option('lowerdir')
      .split(':')
      .filter((l) => l !== ''),
    upper: option('upperdir'),
  };
}

/** A line of `ip -o link`: `7: cali12@if2: <…> mtu 1450 …`. */
function linkOf(line: string): { name: string; index: number; mtu: number; peer: number | undefined } | undefined {
  const found = /^(\d+): ([^:@\s]+)(?:@if(\d+))?[^:]*:.*\bmtu (\d+)/.exec(line);
  if (!found) return undefined;
  return { index: Number(found[1]), name: found[2] ?? '', peer: found[3] ? Number(found[3]) : undefined, mtu: Number(found[4]) };
}

/** Without `uid 0` and `cache`, which say nothing. */
function routeOf(line: string): string {
  return oneBlank(line.replace(/\\.*$/, '').replace(/ uid \d+/, ''));
}

function oneBlank(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
