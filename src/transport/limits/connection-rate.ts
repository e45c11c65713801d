import { Semaphore } from '../../base/semaphore.js';

/** Half-open connections per sshd. Its MaxStartups is 10:30:100 by default, and other clients need some of them. */
const PER_ENDPOINT = 8;

/** Limits how many connections each server has to accept at once; one that drops some gets fewer. */
export class ConnectionRate {
  readonly #endpoints = new Map<string, Semaphore>();

  /** Resolves when a connection may be made; call the result once it is authenticated, or has failed. */
  take(endpoint: string): Promise<() => void> {
    return this.#semaphore(endpoint).take();
  }

  /** Call it when the server closed a connection before the login: it has too many. */
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
