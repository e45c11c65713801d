import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { say } from '../lab.js';

/** Where requests go: `reads` ask a Service of two replicas, `writes` make a numbered ConfigMap at an API server or through a load balancer. */
export interface LoadPoint {
  readonly name: string;
  readonly kind: 'reads' | 'writes';
  readonly url: string;
  /** The network namespace to ask from; without it, this box. */
  readonly netns?: string;
}

interface Answer {
  readonly name: string;
  /** Milliseconds since the epoch: when it was sent. */
  readonly at: number;
  readonly ms: number;
  readonly object: string;
  readonly ok: boolean;
  readonly why?: string;
}

export interface PointReport {
  readonly name: string;
  readonly sent: number;
  readonly failed: readonly Answer[];
  /** The longest time between two answers that were good, in milliseconds, and when it began. */
  readonly gap: { readonly ms: number; readonly at: number };
  /** Names of the ConfigMaps whose writing was acknowledged. */
  readonly acknowledged: readonly string[];
}

export interface Load {
  stop(): Promise<PointReport[]>;
}

export const LOAD_NAMESPACE = 'load';

/** Milliseconds between two requests of a point, and how long one may take: as long as a patient client waits. */
const EVERY = { reads: 500, writes: 1000 };
const TIMEOUT = 15_000;

/** @param tls PEM of the cluster's CA and of a client that may write. @param dir gets a file of answers for each process. */
export function startLoad(points: readonly LoadPoint[], tls: { ca: string; cert: string; key: string }, dir: string): Load {
  const answers: Answer[] = [];
  const places = [...new Set(points.map((p) => p.netns))];
  const children = places.map((netns): ChildProcess => {
    const client = [process.execPath, join(import.meta.dirname, 'client.mjs')];
    const [program = '', ...args] = netns === undefined ? client : ['ip', 'netns', 'exec', netns, ...client];
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const log = createWriteStream(join(dir, `load-${netns ?? 'box'}.jsonl`));
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.write(`${line}\n`);
      answers.push(JSON.parse(line));
    });
    const here = points.filter((p) => p.netns === netns);
    child.stdin.write(
      `${JSON.stringify({ points: here, tls, namespace: LOAD_NAMESPACE, everyMs: EVERY, timeoutMs: TIMEOUT })}\n`,
    );
    return child;
  });
  let stopped: Promise<PointReport[]> | undefined;
  const stop = async (): Promise<PointReport[]> => {
    const ends = children.map((child) => new Promise((resolve) => child.on('close', resolve)));
    for (const child of children) child.stdin?.end();
    await Promise.all(ends);
    return points.map((p) =>
      report(
        p,
        answers.filter((a) => a.name === p.name),
      ),
    );
  };
  return {
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

function report({ name, kind }: LoadPoint, answers: readonly Answer[]): PointReport {
  const good = answers.filter((a) => a.ok);
  let gap = { ms: 0, at: 0 };
  for (const [i, { at, ms }] of good.entries()) {
    const before = good[i - 1];
    const since = before ? before.at + before.ms : at;
    if (at + ms - since > gap.ms) gap = { ms: at + ms - since, at: since };
  }
  return {
    name,
    sent: answers.length,
    failed: answers.filter((a) => !a.ok),
    gap,
    acknowledged: kind === 'writes' ? good.map((a) => a.object) : [],
  };
}

/** Two replicas with a budget that leave after their last request, on workers, behind a node port. */
export function loadManifest(image: string, nodePort: number): string {
  return `
apiVersion: v1
kind: Namespace
metadata: { name: ${LOAD_NAMESPACE} }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: ${LOAD_NAMESPACE} }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 8080, nodePort: ${nodePort} }] }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: ${LOAD_NAMESPACE} }
spec: { minAvailable: 1, selector: { matchLabels: { app: web } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: ${LOAD_NAMESPACE} }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - { weight: 1, podAffinityTerm: { topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { app: web } } } }
      containers:
        - name: web
          image: ${image}
          command: [sh, -c, "mkdir -p /www; hostname > /www/index.html; trap exit TERM; httpd -f -p 8080 -h /www & wait"]
          readinessProbe: { httpGet: { port: 8080, path: / }, periodSeconds: 2 }
          # Endpoints forget a pod that ends only after a moment, on each node.
          lifecycle: { preStop: { exec: { command: [sleep, "10"] } } }
`;
}

/** What became of the requests, a line for each point. */
export function sayReports(reports: readonly PointReport[]): void {
  for (const r of reports) {
    const gap = `longest gap ${(r.gap.ms / 1000).toFixed(1)} s at ${new Date(r.gap.at).toISOString().slice(11, 19)}`;
    const whys = [...new Set(r.failed.map((f) => f.why ?? 'no reason'))].slice(0, 3);
    say(`${r.name}: ${r.sent} sent, ${r.failed.length} without a good answer, ${gap}${whys.map((why) => `; ${why}`).join('')}`);
  }
}

/** Names of ConfigMaps that were acknowledged and are not in the list that `kubectl get -o name` printed. */
export function lostWrites(reports: readonly PointReport[], list: string): string[] {
  const there = new Set(
    list
      .trim()
      .split('\n')
      .map((l) => l.replace('configmap/', '')),
  );
  const acknowledged = reports.flatMap((r) => r.acknowledged);
  say(`${acknowledged.length} writes acknowledged, ${there.size} objects there`);
  return acknowledged.filter((name) => !there.has(name));
}
