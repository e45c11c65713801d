import { performance } from 'node:perf_hooks';
import { InputError, type KubewrightError } from '../../base/errors.js';
import { formatLabelled } from '../../base/text/render-error.js';
import type { Host, Inventory } from '../../inventory/model/model.js';
import { resolvePattern } from '../../inventory/pattern/pattern.js';
import type { Session } from '../../transport/types.js';
import { createStageView } from '../../ui/stages/create-stage-view.js';
import type { StageView } from '../../ui/stages/stage-view.js';
import { openConnections } from '../connect/connections.js';
import { readCredentials } from '../connect/credentials.js';
import { HostVars } from '../connect/host-vars.js';
import { interruptions } from '../connect/interrupt.js';
import type { ConnectionOptions } from '../connect/options.js';
import { type InventoryOptions, readInventory } from '../inventory/read.js';
import { Kube } from './cluster/kube.js';
import { makeNamespace, removeExpired } from './cluster/namespace.js';
import { readClusterView } from './cluster/read.js';
import { judgeAgents, judgeApi, judgeBalancers, judgeEtcd, judgeNodes } from './judge/control-plane.js';
import { type Answer, type Check, type ClusterView, type HostLook, skipped } from './model.js';
import { checkNetwork, type NetworkResult } from './network.js';
import { lookProgram, parseLook } from './programs/look.js';
import { runProgram } from './remote.js';
import { exitCodeOf, printReport, type Report, reportJson } from './report.js';

export interface VerifyOptions extends InventoryOptions {
  readonly limit?: string;
  readonly connection: ConnectionOptions;
  /** Only the checks of the pods' network. */
  readonly network: boolean;
  readonly json: boolean;
}

/**
 * `verify`: whether a cluster works, made by Kubewright or not.
 *
 * @returns 0; 1: a check failed; 3: all passed, but a host could not be reached; 130: interrupted.
 * @throws InputError for an inventory without a control plane.
 */
export async function runVerify(o: VerifyOptions): Promise<number> {
  const inventory = await readInventory(o);
  const groups = groupsOf(inventory, o.limit);
  await readCredentials(o.connection);
  const view = await createStageView({ stderr: process.stderr, plain: o.json });
  const made = { any: false };
  const interrupt = interruptions(() => view.interrupted(made.any ? 'Interrupted: removing what was made.' : 'Interrupted.'));
  try {
    const report = await verify(o, inventory, groups, view, made, interrupt.stop);
    view.end();
    if (o.json) process.stdout.write(`${reportJson(report)}\n`);
    else printReport(report);
    return interrupt.stop.aborted ? 130 : exitCodeOf(report);
  } finally {
    interrupt.done();
    view.end();
  }
}

interface Groups {
  readonly hosts: readonly Host[];
  readonly controlPlanes: readonly string[];
  /** Hosts that should be nodes. */
  readonly nodes: readonly string[];
}

function groupsOf(inventory: Inventory, limit: string | undefined): Groups {
  const wanted = limit === undefined ? undefined : new Set(resolvePattern(inventory, limit));
  const of = (group: string): string[] => [...(inventory.groups.get(group)?.hosts ?? [])].filter((h) => wanted?.has(h) ?? true);
  const controlPlanes = of('kube_control_plane');
  if (controlPlanes.length === 0) {
    throw new InputError({
      what: limit === undefined ? 'The inventory has no control plane' : `No control plane matches --limit ${limit}`,
      why: 'A control plane is asked about the cluster',
      fix:
        limit === undefined
          ? 'Put the control planes into the group kube_control_plane'
          : 'Let --limit match a control plane as well',
    });
  }
  const nodes = [...new Set([...controlPlanes, ...of('kube_node')])];
  const hosts = [...new Set([...nodes, ...of('etcd'), ...of('calico_rr')])].flatMap((h) => inventory.hosts.get(h) ?? []);
  return { hosts, controlPlanes, nodes };
}

async function verify(
  o: VerifyOptions,
  inventory: Inventory,
  groups: Groups,
  view: StageView,
  made: { any: boolean },
  signal: AbortSignal,
): Promise<Report> {
  const began = performance.now();
  const { hosts, controlPlanes } = groups;
  const looks: HostLook[] = [];
  const asking: Promise<void>[] = [];
  view.stage(
    'looking at the hosts',
    hosts.map((h) => h.name),
    { calledOff: true },
  );
  const connections = await openConnections(hosts, {
    connection: o.connection,
    partial: true,
    lookup: (name) => inventory.hosts.get(name),
    signal,
    onWarning: (warning) => view.say(formatLabelled('warning', warning)),
    whileAsking: (ask) => view.whileAsking(ask),
    onConnecting: (host) => view.began(host),
    onFailed: (host) => view.done(host),
    onConnected: (host, _ms, session) => {
      asking.push(
        look(session, binDirOf(inventory, host), signal).then((found) => {
          looks.push(found);
          view.done(host);
        }),
      );
    },
  });
  const unreachable: ReadonlyMap<string, KubewrightError> = signal.aborted ? new Map() : connections.failures;
  const end = (checks: readonly Check[], rest: Partial<Report> = {}): Report => ({
    checks,
    pairs: [],
    nodes: 0,
    unreachable,
    left: [],
    ms: performance.now() - began,
    ...rest,
  });
  try {
    await Promise.all(asking);
    if (signal.aborted) return end([]);
    const api = judgeApi(looks, controlPlanes);
    const etcd = judgeEtcd(looks);
    const kube = kubeOf(looks, controlPlanes, connections.sessions, inventory, signal);
    if (!kube) return end([api, judgeBalancers(looks, undefined), etcd, ...withoutApi(looks, controlPlanes)]);
    const reading = Promise.all([readClusterView(kube), askEndpoint(kube, looks), removeExpired(kube, Date.now())]);
    // The namespace is made meanwhile, and removed if this has failed.
    reading.catch(() => undefined);
    const { network, left } = await inNamespace(kube, made, signal, async (namespace) => {
      const [seen] = await reading;
      return checkNetwork({
        kube,
        namespace,
        view: seen,
        looks,
        nodeOf: nodesByHost(looks, seen),
        sessions: connections.sessions,
        signal,
        stage: (doing, names) => view.stage(doing, names, { calledOff: true }),
        done: (host) => view.done(host),
      });
    });
    const read = await reading.catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    if (!read) return end([], { left });
    const [cluster, endpoint] = read;
    const nodeOf = nodesByHost(looks, cluster);
    const nodesNow = (view: ClusterView): Check[] => [judgeNodes(view, looks, nodeOf, groups.nodes), judgeAgents(view)];
    const early = nodesNow(cluster);
    // A node that has just booted gets the time that the rest has taken.
    const late = early.every((c) => c.failures.length === 0) || signal.aborted ? early : nodesNow(await readClusterView(kube));
    const steady = [api, judgeBalancers(looks, endpoint), etcd, ...late];
    const checks = [...(o.network ? [] : steady), ...network.checks];
    return end(checks, { pairs: network.pairs, nodes: cluster.nodes.length, left, ms: performance.now() - began });
  } finally {
    await connections.close();
  }
}

/** Does the work in a namespace that is removed whatever happens. */
async function inNamespace(
  kube: Kube,
  made: { any: boolean },
  signal: AbortSignal,
  work: (namespace: string) => Promise<NetworkResult>,
): Promise<{ readonly network: NetworkResult; readonly left: readonly string[] }> {
  if (signal.aborted) return { network: { checks: [], pairs: [] }, left: [] };
  made.any = true;
  const namespace = await makeNamespace(kube, Date.now());
  let network: NetworkResult | undefined;
  let left: string | undefined;
  try {
    network = await work(namespace.name);
  } catch (error) {
    // An interruption is not a failure.
    if (!signal.aborted) throw error;
  } finally {
    left = await namespace.remove();
  }
  return { network: network ?? { checks: [], pairs: [] }, left: left === undefined ? [] : [left] };
}

async function look(session: Session, binDir: string | undefined, signal: AbortSignal): Promise<HostLook> {
  const { out } = await runProgram(session, lookProgram(binDir), signal);
  return parseLook(session.target.name, out);
}

function binDirOf(inventory: Inventory, host: string): string | undefined {
  const found = inventory.hosts.get(host);
  return found && new HostVars(found).text('bin_dir');
}

/** kubectl on the first control plane whose API server is ready. */
function kubeOf(
  looks: readonly HostLook[],
  controlPlanes: readonly string[],
  sessions: ReadonlyMap<string, Session>,
  inventory: Inventory,
  signal: AbortSignal,
): Kube | undefined {
  const able = controlPlanes
    .flatMap((h) => looks.find((l) => l.host === h) ?? [])
    .filter((l) => l.kubeconfig && l.tools.has('kubectl'));
  const best = able.find((l) => l.apiServer?.ok) ?? able[0];
  const session = best && sessions.get(best.host);
  if (!session || !best?.kubeconfig) return undefined;
  if (best.apiServer && !best.apiServer.ok) return undefined;
  return new Kube(session, { kubeconfig: best.kubeconfig, binDir: binDirOf(inventory, best.host), signal });
}

function withoutApi(looks: readonly HostLook[], controlPlanes: readonly string[]): Check[] {
  const reached = looks.some((l) => controlPlanes.includes(l.host));
  const note = reached ? 'no API server that is ready can be asked' : 'no control plane could be reached';
  const titles = {
    nodes: 'nodes',
    pods: 'test pods',
    pairs: 'pod to pod',
    services: 'Services',
    dns: 'DNS',
    policies: 'policies',
  };
  return Object.entries(titles).map(([id, title]) => skipped(id, title, note));
}

/** A node is the host that has its address: names may differ. */
function nodesByHost(looks: readonly HostLook[], cluster: ClusterView): Map<string, string> {
  return new Map(
    looks.flatMap((l) => {
      const node = cluster.nodes.find((n) => n.addresses.some((a) => l.addresses.includes(a)));
      return node ? [[l.host, node.name] as const] : [];
    }),
  );
}

/** Whether the API answers at the address that kubeadm gives to new nodes. Undefined: it is an API server's own, or there is none. */
async function askEndpoint(kube: Kube, looks: readonly HostLook[]): Promise<Answer | undefined> {
  const config = await kube.run(
    'get',
    'configmap',
    'kubeadm-config',
    '-n',
    'kube-system',
    '-o',
    'jsonpath={.data.ClusterConfiguration}',
  );
  const address = /^controlPlaneEndpoint: *"?([^"\s]+)/m.exec(config.out)?.[1];
  if (address === undefined || looks.some((l) => l.apiServer?.address === address)) return undefined;
  const asked = await kube.run('--server', `https://${address}`, 'get', '--raw', '/readyz');
  return { address: `https://${address}`, ok: asked.code === 0, said: asked.err.split('\n').at(-1) ?? '' };
}
