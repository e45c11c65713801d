import { setTimeout as sleep } from 'node:timers/promises';
import { TransportError } from '../errors.js';
import type { Target } from '../types.js';

/** A server that drops connections before anybody has logged in (MaxStartups) is asked again at least that often. */
const MIN_TRIES = 5;

/**
 * Connects, and tries again where the server only has too much to do: with growing, random pauses, within the time that the
 * target's timeout gives. What will not get better (a wrong key, nobody there) is thrown at once.
 */
export async function withRetry<T>(target: Target, connect: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const began = Date.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect();
    } catch (error) {
      const dropped = error instanceof TransportError && error.kind === 'lost' && !signal?.aborted;
      if (!dropped || (attempt >= MIN_TRIES && Date.now() - began > target.timeoutMs)) throw error;
      // Jitter: those that were dropped together shall not come back together.
      await sleep(Math.min(3000, 150 * 2 ** attempt) * (0.5 + Math.random()));
    }
  }
}
