import type { Play } from '../../../playbook/model.js';
import { BATCH_ROLES, batchRole } from '../../../roles/day-two/upgrade/upgrade.js';

/** The plays with those of the workers once for each batch; none where there are no workers. */
export function withBatches(plays: readonly Play[], batches: readonly (readonly string[])[]): Play[] {
  const ofBatch = (p: Play): boolean => p.roles.some((r) => (BATCH_ROLES as readonly string[]).includes(r.name));
  const pattern = plays.filter(ofBatch);
  const first = plays.findIndex(ofBatch);
  const copies = batches.flatMap((batch, i) => pattern.map((play) => forBatch(play, batch, i)));
  return [...plays.slice(0, first), ...copies, ...plays.slice(first).filter((p) => !ofBatch(p))];
}

function forBatch(play: Play, batch: readonly string[], i: number): Play {
  const own = play.roles.some((r) => r.name === 'upgrade-worker');
  return {
    ...play,
    name: `${play.name}: ${batch.join(', ')}`,
    ...(own ? { hosts: batch.join(':') } : {}),
    roles: play.roles.map((r) => ({ ...r, name: batchRole(r.name, i) })),
  };
}
