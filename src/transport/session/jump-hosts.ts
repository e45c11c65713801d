import type { Duplex } from 'node:stream';
import { jumpFailure, noForwarding } from '../errors.js';
import type { Target } from '../types.js';
import type { SshSession } from './ssh-session.js';

type Connect = (target: Target) => Promise<SshSession>;

interface Shared {
  readonly session: Promise<SshSession>;
  users: number;
}

export interface Passage {
  readonly stream: Duplex;
  /** Call it when the stream is no longer needed; the last call closes the jump host's connection. */
  release(): void;
}

/** One connection to each jump host, however many hosts are behind it. */
export class JumpHosts {
  readonly #connect: Connect;
  readonly #open = new Map<string, Shared>();

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /** A stream to the target through its jump hosts. @throws TransportError that names the hop that failed. */
  async passage(target: Target): Promise<Passage> {
    const jumps = target.jumps ?? [];
    const hop = jumps.at(-1);
    if (!hop) throw new TypeError('there is no jump host on this way');
    const key = jumps.map(identity).join('\n');
    const shared = this.#take(key, { ...hop, jumps: jumps.slice(0, -1) });
    const release = (): void => this.#leave(key, shared);
    try {
      const session = await shared.session.catch((error: unknown) => {
        throw jumpFailure(error, hop, target);
      });
      const stream = await session.forward(target.address, target.port).catch((error: unknown) => {
        throw noForwarding(error, hop, target);
      });
      return { stream, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #take(key: string, hop: Target): Shared {
    let shared = this.#open.get(key);
    if (!shared) {
      const made: Shared = { session: this.#connect(hop), users: 0 };
      const forget = (): void => {
        if (this.#open.get(key) === made) this.#open.delete(key);
      };
      // A dead connection is not shared any more.
      made.session.then((session) => session.onDead(forget), forget);
      this.#open.set(key, made);
      shared = made;
    }
    shared.users++;
    return shared;
  }

  #leave(key: string, shared: Shared): void {
    shared.users--;
    if (shared.users > 0) return;
    if (this.#open.get(key) === shared) this.#open.delete(key);
    shared.session.then((session) => session.close()).catch(() => undefined);
  }
}

/** Two targets share a jump host if it is reached at the same address, as the same user, in the same way. */
function identity(hop: Target): string {
  return JSON.stringify([
    hop.address,
    hop.port,
    hop.user,
    hop.privateKeyFile,
    hop.hostKeys,
    hop.proxyCommand,
    hop.identities,
    hop.algorithms?.written,
  ]);
}
