import { setTimeout as sleep } from 'node:timers/promises';
import { TransportError } from '../errors.js';
import type { Target } from '../types.js';

/** Tries, at least, for a server that drops connections before the login (MaxStartups). */
const MIN_TRIES = 5;

/**
 * Connects, and retries while the server is merely too busy: with growing, random pauses, within the target's timeout.
 * Other errors (a wrong key, nothing listens) are thrown at once.
 */
export async function withRetry<T>(target: Target, connect: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const began = Date.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect();
    } catch (error) {
      const dropped = error instanceof TransportError && error.kind === 'lost' && !signal?.aborted;
      if (!dropped || (attempt >= MIN_TRIES && Date.now() - began > target.timeoutMs)) throw error;
      // Jitter: connections that were dropped together must not come back together.
      await sleep(Math.min(3000, 150 * 2 ** attempt) * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    }
  }
}
