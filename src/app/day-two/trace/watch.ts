import { InputError } from '../../../base/errors.js';
import type { ClusterHost } from '../../../cluster/cluster.js';
import type { Asker } from '../ask.js';
import { storyOf } from './ask-api.js';
import { askOne } from './ask-one.js';
import { clock } from './format.js';

/** Milliseconds between two looks. */
const EVERY_MS = 400;
/** How long a pod may take to appear and to become Ready. */
const PATIENCE_MS = 600_000;

/**
 * Waits for a pod and tells each moment of its life as the API learns of it, until it is Ready or has ended.
 * @throws InputError when it does not come or does not become Ready in time.
 */
export async function watchBirth(
  asker: Asker,
  planes: readonly ClusterHost[],
  o: { readonly namespace: string; readonly pod: string },
  say: (line: string) => void,
): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  const told = new Set<string>();
  say(`Waiting for pod ${o.pod} in namespace ${o.namespace}; Ctrl-C ends it`);
  let phase = 'none';
  while (Date.now() < end) {
    const answer = await askOne(asker, planes, o, true);
    const { pod } = answer;
    for (const m of storyOf(answer)) {
      const key = `${pod?.metadata.uid} ${m.who} ${m.what}`;
      if (told.has(key)) continue;
      told.add(key);
      say(`${clock(m.at)}  ${m.who}: ${m.what}`);
    }
    phase = pod?.status.phase ?? 'none';
    const ready = pod?.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
    if (ready || phase === 'Succeeded' || phase === 'Failed') return;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  throw new InputError({
    what: phase === 'none' ? `No pod ${o.pod} has appeared in namespace ${o.namespace}` : `Pod ${o.pod} has not become Ready`,
    why: `Waited for ${PATIENCE_MS / 60_000} minutes`,
    fix: `See what it waits for: kubectl describe pod -n ${o.namespace} ${o.pod}`,
  });
}
