import type { Duplex } from 'node:stream';
import { ConnectInterruptedError, jumpFailure, noForwarding, targetName } from '../errors.js';
import type { Target } from '../types.js';
import type { SshSession } from './ssh-session.js';

type Connect = (target: Target, signal: AbortSignal) => Promise<SshSession>;

interface Shared {
  readonly session: Promise<SshSession>;
  /** Ends a connecting that is no longer waited for. */
  readonly end: AbortController;
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

  /**
   * A stream to the target through its jump hosts.
   * @throws TransportError that names the hop that failed; ConnectInterruptedError when `signal` is aborted meanwhile.
   */
  async passage(target: Target, signal?: AbortSignal): Promise<Passage> {
    const jumps = target.jumps ?? [];
    const hop = jumps.at(-1);
    if (!hop) throw new TypeError('there is no jump host on this way');
    const key = jumps.map(identity).join('\n');
    const shared = this.#take(key, { ...hop, jumps: jumps.slice(0, -1) });
    const release = (): void => this.#leave(key, shared);
    try {
      const session = await unlessAborted(shared.session, target, signal).catch((error: unknown) => {
        throw error instanceof ConnectInterruptedError ? error : jumpFailure(error, hop, target);
      });
      const forwarded = session.forward(target.address, target.port);
      const stream = await unlessAborted(forwarded, target, signal).catch((error: unknown) => {
        throw error instanceof ConnectInterruptedError ? error : noForwarding(error, hop, target);
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
      const end = new AbortController();
      const made: Shared = { session: this.#connect(hop, end.signal), end, users: 0 };
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
    shared.end.abort();
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

async function unlessAborted<T>(work: Promise<T>, target: Target, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new ConnectInterruptedError(targetName(target)));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  // What loses the race may fail later, unheard.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
