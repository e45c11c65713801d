import { Semaphore } from '../../base/semaphore.js';

/** Half-open connections to one sshd at a time. Its MaxStartups is 10:30:100 by default, and others want to get in too. */
const PER_ENDPOINT = 8;

/** Opens connections at a pace that each server bears; one that drops some gets fewer at a time. */
export class ConnectionRate {
  readonly #endpoints = new Map<string, Semaphore>();

  /** Resolves when it is our turn; call the result once the connection is authenticated, or has failed. */
  take(endpoint: string): Promise<() => void> {
    return this.#semaphore(endpoint).take();
  }

  /** The server closed a connection before anybody had logged in: it has too many of them. */
  slower(endpoint: string): void {
    const semaphore = this.#semaphore(endpoint);
    semaphore.resize(Math.max(1, Math.floor(semaphore.size / 2)));
  }

  #semaphore(endpoint: string): Semaphore {
    let semaphore = this.#endpoints.get(endpoint);
    if (!semaphore) {
      semaphore = new Semaphore(PER_ENDPOINT);
      this.#endpoints.set(endpoint, semaphore);
    }
    return semaphore;
  }
}
