import type { ServerHostKeyAlgorithm } from 'ssh2';
import { ioReason } from '../../base/io-error.js';
import { HOST_KEY_ALGORITHMS } from '../config/algorithms.js';
import { changedHostKey, revokedHostKey, type TransportError, unknownHostKey } from '../errors.js';
import { KnownHosts, keyType } from '../known-hosts.js';
import type { Target } from '../types.js';

/** Decides whether a host's key is the right one. */
export class HostKeyCheck {
  readonly #target: Target;
  readonly #known: KnownHosts;
  readonly #warn: (text: string) => void;

  constructor(target: Target, warn: (text: string) => void) {
    this.#target = target;
    this.#known = KnownHosts.of(target.hostKeys);
    this.#warn = warn;
  }

  /** Known key types come first: a host known by its RSA key must not look changed because it also has a newer one. */
  get algorithms(): ServerHostKeyAlgorithm[] {
    const { algorithms } = this.#target;
    const all = (algorithms?.hostKey ?? HOST_KEY_ALGORITHMS) as readonly ServerHostKeyAlgorithm[];
    if (algorithms?.hostKeyOrder) return [...all];
    const types = this.#known.typesOf(this.#target);
    const isKnown = (a: string): boolean => types.includes(a.startsWith('rsa-') ? 'ssh-rsa' : a);
    return [...all.filter(isKnown), ...all.filter((a) => !isKnown(a))];
  }

  /** @param key in wire format, as the server presented it. @returns undefined if it is the right one. */
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
            `${this.#target.name}: ${authority} trusts certificates of this host, but host certificates are not supported; its ${keyType(key)} key is stored instead`,
          );
        }
        // Read again: another connection of this run may have added it.
        try {
          KnownHosts.of(this.#target.hostKeys).add(this.#target, key);
        } catch (error) {
          // As OpenSSH: warn and go on.
          const why = ioReason(error);
          this.#warn(`New host keys cannot be stored in ${this.#known.files[0]}, so they will be new again next time: ${why}`);
        }
        return undefined;
      }
    }
  }
}
