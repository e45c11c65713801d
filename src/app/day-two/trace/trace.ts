import { writeFileSync } from 'node:fs';
import { InputError, KubewrightError } from '../../../base/errors.js';
import { ioError } from '../../../base/io-error.js';
import { nearestName } from '../../../base/nearest.js';
import type { ConnectionOptions, VaultOptions } from '../../connect/options.js';
import { type ClusterSource, readCluster } from '../../inventory/read-cluster.js';
import { requireAny, withHosts } from '../ask.js';
import { type ApiAnswer, podFacts, storyOf } from './ask-api.js';
import { lookAtNode } from './ask-node.js';
import { askOne } from './ask-one.js';
import type { Moment, Trace } from './model.js';
import { containerId, NodeAnswer } from './read-node.js';
import { watchBirth } from './watch.js';

export interface TraceOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly vault?: VaultOptions;
  readonly connection: ConnectionOptions;
  readonly pod: string;
  readonly namespace: string;
  readonly json: boolean;
  /** File for the page. */
  readonly html?: string;
  /** Wait for the pod, and tell what happens until it is Ready. */
  readonly watch: boolean;
}

/** `trace`: changes nothing. @returns exit code. @throws KubewrightError */
export async function trace(o: TraceOptions): Promise<number> {
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(o.pod))
    throw new InputError({ what: `${o.pod} is not a name of a pod`, fix: 'Name one of kubectl get pods -A' });
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(o.namespace))
    throw new InputError({ what: `${o.namespace} is not a name of a namespace`, fix: 'Name one of kubectl get namespaces' });
  const source = await readCluster(o);
  await source.bundle?.close();
  const planes = source.cluster.controlPlane;
  const answer = await withHosts(source, planes, o.connection, async (asker) => {
    requireAny(asker, planes.length);
    if (o.watch) await watchBirth(asker, planes, o, (text) => process.stderr.write(`${text}\n`));
    return await askOne(asker, planes, o);
  });
  const found = await look(source, o, answer);
  if (o.html !== undefined) await writePage(o.html, found);
  if (o.json) process.stdout.write(`${JSON.stringify(found, asJson, 2)}\n`);
  else {
    const { treeLines } = await import('./tree.js');
    process.stdout.write(`${treeLines(found).join('\n')}\n`);
  }
  if (o.html !== undefined) process.stderr.write(`Page: ${o.html}\n`);
  return 0;
}

async function look(source: ClusterSource, o: TraceOptions, answer: ApiAnswer): Promise<Trace> {
  const { pod } = answer;
  if (!pod) throw unknown(o, answer);
  const facts = podFacts(pod);
  if (facts.node === '') {
    const why = pod.status.conditions?.find((c) => c.type === 'PodScheduled')?.message;
    throw new KubewrightError({
      what: `Pod ${o.namespace}/${o.pod} is on no node yet`,
      ...(why === undefined ? {} : { why }),
      fix: `Remove what keeps it from being scheduled (kubectl describe pod -n ${o.namespace} ${o.pod})`,
    });
  }
  const host = source.cluster.hosts.find((h) => h.name === facts.node);
  if (!host)
    throw new InputError({
      what: `The inventory has no host ${facts.node}, the node of the pod`,
      fix: 'Give the inventory of this cluster with -i',
    });
  const statuses = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
  const wanted = {
    uid: facts.uid,
    ip: facts.ip,
    containers: statuses.map((c) => ({ name: c.name, id: containerId(c) })).filter((c) => c.id !== ''),
    others: answer.others.filter((other) => other.node !== facts.node),
  };
  return await withHosts(source, [host], o.connection, async (asker) => {
    requireAny(asker, 1);
    const { answers, failures } = await asker.ask([host], (h) => lookAtNode(h, wanted));
    const said = answers.get(host.name);
    if (!said) throw failures.get(host.name) ?? new KubewrightError({ what: `${host.name} gave no answer` });
    const node = new NodeAnswer(said);
    const containers = node.containers(pod);
    const born: Moment[] = containers.flatMap((c) =>
      c.process
        ? [{ at: c.process.started, who: 'kernel', what: `started PID ${c.process.pid}, ${c.process.comm} (${c.name})` }]
        : [],
    );
    const story = [...storyOf(answer), ...born].sort((a, b) => a.at - b.at);
    return {
      pod: facts,
      story,
      api: node.api(),
      node: node.node(host.name),
      containers,
      network: node.network(),
      certificates: node.certificates(),
    };
  });
}

function unknown(o: TraceOptions, { namespaces, pods }: ApiAnswer): InputError {
  if (!namespaces.includes(o.namespace))
    return new InputError({
      what: `There is no namespace ${o.namespace}`,
      why: `There are: ${namespaces.join(', ')}`,
      fix: 'Name one of them with -n',
    });
  const near = nearestName(o.pod, pods);
  return new InputError({
    what: `There is no pod ${o.pod} in namespace ${o.namespace}`,
    why: pods.length > 0 ? `There are: ${pods.join(', ')}` : 'There are no pods in it',
    fix: near ? `Did you mean ${near}?` : 'Name another namespace with -n; --watch waits for a pod that is yet to come',
  });
}

async function writePage(file: string, found: Trace): Promise<void> {
  const { tracePage } = await import('./page.js');
  try {
    writeFileSync(file, tracePage(found));
  } catch (cause) {
    throw new InputError(ioError('The page cannot be written', file, cause));
  }
}

function asJson(_: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
