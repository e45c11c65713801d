import { Slots } from '../../base/semaphore.js';

/** Half-open connections to one sshd at a time. Its MaxStartups is 10:30:100 by default, and others want to get in too. */
const PER_ENDPOINT = 8;

/** Opens connections at a pace that each server bears; one that drops some gets fewer at a time. */
export class Pace {
  readonly #endpoints = new Map<string, Slots>();

  /** Resolves when it is our turn; call the result once the connection is authenticated, or has failed. */
  take(endpoint: string): Promise<() => void> {
    return this.#slots(endpoint).take();
  }

  /** The server closed a connection before anybody had logged in: it has too many of them. */
  slower(endpoint: string): void {
    const slots = this.#slots(endpoint);
    slots.resize(Math.max(1, Math.floor(slots.size / 2)));
  }

  #slots(endpoint: string): Slots {
    let slots = this.#endpoints.get(endpoint);
    if (!slots) {
      slots = new Slots(PER_ENDPOINT);
      this.#endpoints.set(endpoint, slots);
    }
    return slots;
  }
}
