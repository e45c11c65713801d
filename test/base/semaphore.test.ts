import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../src/base/semaphore.js';

/** Asks for a slot; `release` is set once it is granted. */
function ask(semaphore: Semaphore): { release?: () => void } {
  const place: { release?: () => void } = {};
  void semaphore.take().then((release) => {
    place.release = release;
  });
  return place;
}

describe('Semaphore', () => {
  it('lets no more through than its size', async () => {
    const semaphore = new Semaphore(2);
    const places = [ask(semaphore), ask(semaphore), ask(semaphore)];
    await turn();
    expect(places.map((p) => p.release !== undefined)).toEqual([true, true, false]);
  });

  it('serves waiters in order', async () => {
    const semaphore = new Semaphore(1);
    const first = await semaphore.take();
    const [second, third] = [ask(semaphore), ask(semaphore)];
    first();
    await turn();
    expect(second?.release).toBeDefined();
    expect(third?.release).toBeUndefined();
    second?.release?.();
    await turn();
    expect(third?.release).toBeDefined();
  });

  it('ignores a second release', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.take();
    release();
    release();
    const places = [ask(semaphore), ask(semaphore)];
    await turn();
    expect(places.map((p) => p.release !== undefined)).toEqual([true, false]);
  });

  it('never exceeds its size, and finishes all work', async () => {
    const semaphore = new Semaphore(3);
    let running = 0;
    let most = 0;
    let done = 0;
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const release = await semaphore.take();
        most = Math.max(most, ++running);
        await turn();
        running--;
        done++;
        release();
      }),
    );
    expect({ most, done }).toEqual({ most: 3, done: 50 });
  });

  it('admits waiters when it grows, and waits for slots to be released when it shrinks', async () => {
    const semaphore = new Semaphore(1);
    const places = [ask(semaphore), ask(semaphore), ask(semaphore)];
    await turn();
    semaphore.resize(2);
    await turn();
    expect(places.map((p) => p.release !== undefined)).toEqual([true, true, false]);
    semaphore.resize(1);
    places[0]?.release?.();
    await turn();
    expect(places[2]?.release).toBeUndefined();
    places[1]?.release?.();
    await turn();
    expect(places[2]?.release).toBeDefined();
  });

  it('takes a size below 1 for 1', async () => {
    const semaphore = new Semaphore(0);
    expect(await semaphore.run(async () => 'done')).toBe('done');
    semaphore.resize(-1);
    expect(semaphore.size).toBe(1);
  });

  it('releases the slot when work fails', async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(semaphore.taken).toBe(0);
    expect(await semaphore.run(async () => 'next')).toBe('next');
  });
});
