import { randomBytes } from 'node:crypto';
import { Semaphore } from '../../base/semaphore.js';
import { Connections, type ConnectionsOptions } from '../connections/connections.js';
import { DEFAULT_RUN_DIR } from '../defaults.js';
import { type Controller, ownController } from '../journal/controller.js';
import { Keeper, type NoAnswer } from './keeper.js';
import type { LockAnswer } from './lock.js';

/** Reads the locks and programs on the hosts. Takes nothing, changes nothing. */
export async function lookAtLocks(
  o: Pick<ConnectionsOptions, 'sessions' | 'connect'> & { runDir?: string; forks: number },
): Promise<{ answers: Map<string, LockAnswer | NoAnswer>; own: Controller }> {
  const own = ownController();
  const quiet = (): void => undefined;
  const connections = new Connections({ ...o, giveUpMs: 60_000, onLost: quiet, onBack: quiet });
  const limit = new Semaphore(o.forks);
  const nonce = randomBytes(16).toString('hex');
  const answers = new Map<string, LockAnswer | NoAnswer>();
  await Promise.all(
    [...o.sessions.keys()].map((host) =>
      limit.run(async () => {
        const keeper = new Keeper({
          connection: connections.get(host),
          runDir: o.runDir ?? DEFAULT_RUN_DIR,
          nonce,
          info: { run: `look-${nonce}`, since: '', ...own },
          onLost: quiet,
          onRestart: quiet,
        });
        answers.set(host, await keeper.take({ look: true }));
      }),
    ),
  );
  return { answers, own };
}
