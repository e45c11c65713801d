import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Slots } from '../../src/base/semaphore.js';

/** Asks for a slot and keeps what comes of it in view. */
function ask(slots: Slots): { release?: () => void } {
  const place: { release?: () => void } = {};
  void slots.take().then((release) => {
    place.release = release;
  });
  return place;
}

describe('Slots', () => {
  it('lets no more through than there are', async () => {
    const slots = new Slots(2);
    const places = [ask(slots), ask(slots), ask(slots)];
    await turn();
    expect(places.map((p) => p.release !== undefined)).toEqual([true, true, false]);
  });

  it('serves those who wait in their order', async () => {
    const slots = new Slots(1);
    const first = await slots.take();
    const [second, third] = [ask(slots), ask(slots)];
    first();
    await turn();
    expect(second?.release).toBeDefined();
    expect(third?.release).toBeUndefined();
    second?.release?.();
    await turn();
    expect(third?.release).toBeDefined();
  });

  it('counts a slot once that is given back twice', async () => {
    const slots = new Slots(1);
    const release = await slots.take();
    release();
    release();
    const places = [ask(slots), ask(slots)];
    await turn();
    expect(places.map((p) => p.release !== undefined)).toEqual([true, false]);
  });

  it('never has more at work than allowed, and finishes all', async () => {
    const slots = new Slots(3);
    let running = 0;
    let most = 0;
    let done = 0;
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const release = await slots.take();
        most = Math.max(most, ++running);
        await turn();
        running--;
        done++;
        release();
      }),
    );
    expect({ most, done }).toEqual({ most: 3, done: 50 });
  });
});
