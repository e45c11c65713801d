import type { ServerHostKeyAlgorithm } from 'ssh2';
import { HOST_KEY_ALGORITHMS } from '../config/algorithms.js';
import { changedHostKey, revokedHostKey, type TransportError, unknownHostKey } from '../errors.js';
import { KnownHosts, keyType } from '../known-hosts.js';
import type { Target } from '../types.js';

/** Decides whether the machine that answers is the one that is meant. */
export class HostKeyCheck {
  readonly #target: Target;
  readonly #known: KnownHosts;
  readonly #warn: (text: string) => void;

  constructor(target: Target, warn: (text: string) => void) {
    this.#target = target;
    this.#known = KnownHosts.of(target.hostKeys);
    this.#warn = warn;
  }

  /** Types that are known come first: a host known by its RSA key must not look changed because it also has a newer one. */
  get algorithms(): ServerHostKeyAlgorithm[] {
    const { algorithms } = this.#target;
    const all = (algorithms?.hostKey ?? HOST_KEY_ALGORITHMS) as readonly ServerHostKeyAlgorithm[];
    if (algorithms?.hostKeyOrder) return [...all];
    const types = this.#known.typesOf(this.#target);
    const isKnown = (a: string): boolean => types.includes(a.startsWith('rsa-') ? 'ssh-rsa' : a);
    return [...all.filter(isKnown), ...all.filter((a) => !isKnown(a))];
  }

  /** @param key the key's wire format, as the server showed it; undefined is returned when it is the right one. */
  refusal(key: Buffer): TransportError | undefined {
    const { mode } = this.#target.hostKeys;
    if (mode === 'off') return undefined;
    const verdict = this.#known.verify(this.#target, key);
    switch (verdict.kind) {
      case 'known':
        return undefined;
      case 'revoked':
        return revokedHostKey(this.#target, key, verdict.at);
      case 'changed':
        return changedHostKey(this.#target, key, verdict);
      case 'unknown': {
        const { authority } = verdict;
        if (mode === 'strict') return unknownHostKey(this.#target, key, this.#known.files[0], authority);
        if (authority) {
          this.#warn(
            `${this.#target.name}: ${authority} would let a certificate vouch for this machine; certificates of host keys cannot be checked here, its ${keyType(key)} key is stored instead`,
          );
        }
        // Read again: another connection of this run may have added it meanwhile.
        try {
          KnownHosts.of(this.#target.hostKeys).add(this.#target, key);
        } catch (error) {
          // As OpenSSH: it goes on, but says so.
          const why = error instanceof Error ? error.message : String(error);
          this.#warn(
            `new host keys cannot be stored in ${this.#known.files[0]}, so that next time they will be new again: ${why}`,
          );
        }
        return undefined;
      }
    }
  }
}
