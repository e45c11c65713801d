import { InterruptedError, KubewrightError } from '../../../base/errors.js';
import { Semaphore } from '../../../base/semaphore.js';
import { CommandInterruptedError } from '../../../transport/errors.js';
import type { Parts, StageListener } from '../../../ui/stages/stages.js';
import { AT_ONCE, type KeyHost, type KeyResult } from './model.js';

export interface Interrupt {
  /** Nothing more is started. */
  readonly stop?: AbortSignal;
  /** What runs is cut off. */
  readonly kill?: AbortSignal;
}

/** How a caller sees progress, and interrupts. */
export interface Steering {
  readonly interrupt?: Interrupt;
  readonly progress?: StageListener;
}

/** Handles a limited number of hosts at once; an error becomes the host's result. `step`: shown to the user. */
export async function inTurns(
  step: string | { readonly doing: string; readonly parts: Parts },
  hosts: readonly KeyHost[],
  { interrupt, progress }: Steering,
  results: Map<string, KeyResult>,
  work: (host: KeyHost) => Promise<void>,
): Promise<void> {
  const semaphore = new Semaphore(AT_ONCE);
  const names = hosts.map((h) => h.name);
  if (typeof step === 'string') progress?.stage(step, names);
  else progress?.stage(step.doing, names, step);
  await Promise.all(
    hosts.map(async (h) => {
      const release = await semaphore.take();
      try {
        if (results.get(h.name)?.error) return;
        if (interrupt?.stop?.aborted) throw new InterruptedError({ what: 'interrupted', where: h.name });
        progress?.began(h.name);
        await work(h);
      } catch (error) {
        results.set(h.name, {
          ...(results.get(h.name) ?? { host: h.name, changes: [], notes: [] }),
          error:
            interrupt?.stop?.aborted && error instanceof CommandInterruptedError
              ? new InterruptedError({ what: 'interrupted', where: h.name, cause: error })
              : interrupt?.kill?.aborted
                ? new InterruptedError({ what: 'interrupted while it was running', where: h.name, cause: error })
                : asError(h.name, error),
        });
      } finally {
        progress?.done(h.name);
        release();
      }
    }),
  );
}

function asError(host: string, error: unknown): KubewrightError {
  if (error instanceof KubewrightError) return error;
  return new KubewrightError({ what: error instanceof Error ? error.message : String(error), where: host, cause: error });
}
