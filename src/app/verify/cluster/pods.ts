import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure } from '../model.js';
import type { Kube } from './kube.js';
import type { PodPlan } from './objects.js';

export interface StartedPod extends PodPlan {
  readonly uid: string;
  readonly ip: string;
}

interface PodObject {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly podIP?: string;
    readonly phase?: string;
    readonly message?: string;
    readonly containerStatuses?: readonly {
      readonly ready?: boolean;
      readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
    }[];
  };
}

interface EventObject {
  readonly involvedObject: { readonly name?: string };
  readonly type?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
}

/** A start of kubectl costs a busy control plane more than a second of waiting is worth. */
const POLL_MS = 1500;
/** Milliseconds that the pods may take; each node starts one. */
const PATIENCE_MS = 90_000;
/** What waiting does not cure. */
const HOPELESS = /^(ErrImageNeverPull|InvalidImageName|CreateContainerConfigError)$/;

/** Waits until the pods run. @returns those that do, and a failure for each that does not. */
export async function waitForPods(
  kube: Kube,
  namespace: string,
  plans: readonly PodPlan[],
  signal: AbortSignal,
): Promise<{ readonly started: readonly StartedPod[]; readonly failures: readonly Failure[] }> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const { items } = await kube.json<{ items: readonly PodObject[] }>('get', 'pods', '-n', namespace);
    const objects = new Map(items.map((o) => [o.metadata.name, o]));
    const started = plans.flatMap((p) => startedPod(p, objects.get(p.name)));
    const hopeless = items.filter((o) => HOPELESS.test(waitingReason(o)) || o.status.phase === 'Failed');
    const over = Date.now() > until || signal.aborted || started.length + hopeless.length >= plans.length;
    if (!over) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      continue;
    }
    const missing = plans.filter((p) => !started.some((s) => s.name === p.name));
    const failures = missing.length === 0 ? [] : await reasons(kube, namespace, missing, objects);
    return { started, failures };
  }
}

function startedPod(plan: PodPlan, o: PodObject | undefined): StartedPod[] {
  const ip = o?.status.podIP;
  const runs = o?.status.containerStatuses?.every((c) => c.ready === true) === true;
  return o && ip && runs ? [{ ...plan, uid: o.metadata.uid, ip }] : [];
}

function waitingReason(o: PodObject | undefined): string {
  return o?.status.containerStatuses?.[0]?.state?.waiting?.reason ?? '';
}

async function reasons(
  kube: Kube,
  namespace: string,
  missing: readonly PodPlan[],
  objects: ReadonlyMap<string, PodObject>,
): Promise<Failure[]> {
  const { items } = await kube.json<{ items: readonly EventObject[] }>('get', 'events', '-n', namespace);
  return missing.map(({ node, name, image }) => {
    const o = objects.get(name);
    const events = items.filter((e) => e.involvedObject.name === name && e.type === 'Warning');
    const waiting = o?.status.containerStatuses?.[0]?.state?.waiting;
    const why =
      events.at(-1)?.message ??
      o?.status.message ??
      (waiting?.message ? `${waiting.reason}: ${waiting.message}` : (waiting?.reason ?? 'the kubelet has not begun with it'));
    return {
      node,
      what: 'the test pod does not start',
      why: shortened(why),
      fix: podFix(why, node, image),
    };
  });
}

function shortened(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return flat.length > 400 ? `${flat.slice(0, 400)}…` : flat;
}

function podFix(why: string, node: string, image: string): string {
  if (/pull|image/i.test(why)) return `Let ${node} have the image ${image}: crictl pull ${image}`;
  if (/cni|network|sandbox/i.test(why)) return `Look at the network plugin on ${node}: its pod, /etc/cni/net.d and /opt/cni/bin`;
  return `On ${node}: journalctl -u kubelet --since '-5 min'`;
}
