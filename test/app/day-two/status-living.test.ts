import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Answer, type Asker, parseAnswer } from '../../../src/app/day-two/ask.js';
import type { EtcdState } from '../../../src/app/day-two/etcd/model.js';
import { driftOf } from '../../../src/app/day-two/status/drift.js';
import { askLiving, joined } from '../../../src/app/day-two/status/living.js';
import type { ClusterSource } from '../../../src/app/inventory/read-cluster.js';
import { resolveCluster } from '../../../src/cluster/resolve.js';
import type { VarValue } from '../../../src/inventory/model/values.js';
import type { Session } from '../../../src/transport/types.js';
import { sampleInventory } from '../../support/cluster.js';

/** What a control plane printed; the lines of its API server and of the programs that run apart. */
const TEXT = readFileSync('test/fixtures/living/control-plane.txt', 'utf8').replaceAll('10.81.0.1', '192.168.1.1');
const API = /^(api|api-.*|kubeadm-file|configmap|workload|service|control-pod|pool|node-why)\t.*\n/gm;
const LEFT_OUT = /^(running|etcd-status|etcd-member|etcd-ca-key)\t.*\n/gm;

const FILES = TEXT.replaceAll(API, '').replaceAll(LEFT_OUT, '');
const OBJECTS = (TEXT.match(API) ?? []).join('');
const WORKER = 'node\tyes\nliving\tyes\n';

/** How each host answers to its programs: what it has beside the API, and what its API server says. */
interface Cluster {
  readonly asked: string[];
  readonly asker: Asker;
}

/**
 * @param apis what API servers say when they are asked; default: everything.
 * @param quiet hosts whose API server does not tell anyone that it is ready.
 */
function cluster(
  apis: Readonly<Record<string, string>> = {},
  quiet: readonly string[] = [],
  gone: readonly string[] = [],
): Cluster {
  const hosts = ['m11-k8s', 'm12-k8s', 'm13-k8s', 'w101-k8s', 'w102-k8s'].filter((h) => !gone.includes(h));
  const asked: string[] = [];
  const answers = new Map<string, Answer>();
  const asker: Asker = {
    sessions: new Map(hosts.map((h) => [h, {} as Session])),
    reconnect: () => Promise.reject(new Error('not needed')),
    failures: new Map(),
    ask: (of, script) => {
      const here = of.filter((h) => hosts.includes(h.name));
      const said = here.map((host) => {
        const program = script(host).text;
        const [api, files] = [program.includes('api_facts()'), program.includes('certificates()')];
        if (api) asked.push(host.name);
        expect(program).not.toContain('--version');
        const ready = program.includes('say serving') && !quiet.includes(host.name) ? 'serving\t1.36.3\n' : '';
        const text = `${ready}${files ? (host.controlPlane ? FILES : WORKER) : ''}${api ? (apis[host.name] ?? OBJECTS) : ''}`;
        return [host.name, parseAnswer(text)] as const;
      });
      for (const [host, answer] of said) answers.set(host, answer);
      return Promise.resolve({ answers: new Map(said), failures: new Map() });
    },
  };
  return { asked, asker };
}

const DEAD = 'api\tasked\napi-error\tconnection refused\n';

const ETCD: EtcdState = {
  members: ['m11-k8s', 'm12-k8s', 'm13-k8s'].map((host, i) => ({
    id: String(10837750016778395947n + BigInt(i)),
    name: `etcd${i + 1}`,
    host,
    peerUrl: `https://192.168.1.${11 + i}:2380`,
    learner: false,
    status: {
      version: '3.6.16',
      leader: i === 0,
      leaderId: '10837750016778395947',
      hasLeader: true,
      dbBytes: 1,
      usedBytes: 1,
      quotaBytes: 2,
      revision: 1,
      raftTerm: 1,
      raftIndex: 1,
      appliedIndex: 1,
      errors: [],
    },
  })),
  strangers: [],
  unreachable: new Map(),
  alarms: [],
  hashesAgree: true,
  hashRevision: 1,
};

async function seen({ asker }: Cluster, vars: Readonly<Record<string, VarValue>> = {}) {
  const inventory = sampleInventory({ vars });
  const wanted = resolveCluster(inventory, {}).cluster;
  const living = joined(wanted, await askLiving(wanted, asker), ETCD);
  return { living, drift: driftOf({ inventory, cluster: wanted } as ClusterSource, living) };
}

describe('what status reads of a living cluster', () => {
  it('is asked of one API server, which vouches for the others', async () => {
    const c = cluster();
    const { living, drift } = await seen(c, { kube_version: '1.36.3', kube_proxy_mode: 'nftables', containerd_version: '2.3.1' });
    expect(c.asked).toEqual(['m11-k8s']);
    expect([...(living?.versions.apiServers ?? [])]).toEqual([
      ['m11-k8s', '1.36.3'],
      ['m12-k8s', '1.36.3'],
      ['m13-k8s', '1.36.3'],
    ]);
    expect([...(living?.silentApis ?? [])]).toEqual([]);
    expect(living?.etcd).toMatchObject({ hasQuorum: true, members: [{ name: 'etcd1' }, { name: 'etcd2' }, { name: 'etcd3' }] });
    expect([...(living?.etcd.versions.values() ?? [])]).toEqual(['3.6.16', '3.6.16', '3.6.16']);
    expect(typeof drift === 'string' ? drift : drift.map((d) => [d.setting, d.from, d.to])).toEqual([
      ['kube_proxy_mode', 'iptables', 'nftables'],
      ['containerd_version', '2.4.2', '2.3.1'],
    ]);
  });

  it.each([
    ['does not answer', DEAD, 'connection refused'],
    ['is not ready', 'api\tasked\napi-version\t1.36.3\n', undefined],
  ])('an API server that %s is asked itself', async (_, said, error) => {
    const c = cluster({ 'm12-k8s': said }, ['m12-k8s']);
    const { living } = await seen(c);
    expect(c.asked).toEqual(['m11-k8s', 'm12-k8s']);
    expect(living?.hosts.get('m12-k8s')?.api).toMatchObject({ ready: false, ...(error ? { error } : {}) });
    expect(living?.hosts.get('m13-k8s')?.api).toMatchObject({ ready: true, version: '1.36.3' });
    expect(living?.nodes).toHaveLength(2);
    expect(living?.certificates.get('m12-k8s')?.length).toBeGreaterThan(10);
  });

  it('is taken from one that tells nothing just to anyone', async () => {
    const c = cluster({}, ['m12-k8s', 'm13-k8s']);
    const { living } = await seen(c);
    expect(c.asked).toEqual(['m11-k8s', 'm12-k8s', 'm13-k8s']);
    expect([...(living?.hosts.values() ?? [])].map((l) => l.api?.ready)).toEqual([true, true, true, undefined, undefined]);
  });

  it.each([
    ['is not ready', OBJECTS.replace(/^api-ready.*\n/m, '')],
    ['tells of no node', OBJECTS.replaceAll(/^api-node.*\n/gm, '')],
  ])('is asked of the others when the first one %s', async (_, said) => {
    const c = cluster({ 'm11-k8s': said });
    const { living } = await seen(c);
    expect(c.asked).toEqual(['m11-k8s', 'm12-k8s', 'm13-k8s']);
    expect(living?.api?.host).toBe('m12-k8s');
    expect(living?.nodes).toHaveLength(2);
  });

  it('a control plane without an API server is named', async () => {
    const { living } = await seen(cluster({ 'm12-k8s': '' }, ['m12-k8s']));
    expect(living?.silentApis.get('m12-k8s')).toContain('no manifest');
  });

  it('the others are asked when the first one does not answer', async () => {
    const c = cluster({ 'm11-k8s': DEAD }, ['m11-k8s']);
    const { living } = await seen(c);
    expect(c.asked).toEqual(['m11-k8s', 'm12-k8s', 'm13-k8s']);
    expect(living?.api?.host).toBe('m12-k8s');
    expect([...(living?.silentApis ?? [])]).toEqual([['m11-k8s', 'connection refused']]);
  });

  it('one that cannot be asked for want of a kubeconfig, and answers, is no fault', async () => {
    const { living } = await seen(cluster({ 'm11-k8s': '' }));
    expect(living?.hosts.get('m11-k8s')?.api).toMatchObject({ version: '1.36.3', ready: true });
    expect(living?.api?.host).toBe('m12-k8s');
  });

  it('the next control plane is asked when the first one cannot be reached', async () => {
    const c = cluster({}, [], ['m11-k8s']);
    const { living } = await seen(c);
    expect(c.asked).toEqual(['m12-k8s']);
    expect(living?.api?.host).toBe('m12-k8s');
  });

  it('says that nothing is known where no API server answers', async () => {
    const { living, drift } = await seen(
      cluster({ 'm11-k8s': DEAD, 'm12-k8s': DEAD, 'm13-k8s': DEAD }, ['m11-k8s', 'm12-k8s', 'm13-k8s']),
    );
    expect(living?.api).toBeUndefined();
    expect(living?.silentApis.size).toBe(3);
    expect(drift).toBe('no API server answers');
  });
});
