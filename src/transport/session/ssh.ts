import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type Algorithms } from 'ssh2';
import { Authentication } from '../auth/authentication.js';
import { type AskPassphrase, Keyring } from '../auth/keyring.js';
import {
  ConnectInterruptedError,
  connectTimeout,
  fromConnectError,
  proxyCommandFailure,
  TransportError,
  targetName,
} from '../errors.js';
import { ConnectionRate } from '../limits/connection-rate.js';
import { Deadline } from '../limits/deadline.js';
import { withRetry } from '../limits/retry.js';
import { droppedLogin, refusedLogin } from '../login-errors.js';
import type { Target, Transport } from '../types.js';
import { HostKeyCheck } from './host-key.js';
import { JumpHosts } from './jump-hosts.js';
import { ProxyCommand } from './proxy-command.js';
import { SshSession } from './ssh-session.js';

/** A dead connection is noticed after interval × count. */
const KEEPALIVE = { intervalMs: 5000, count: 3 };
/** Bytes kept of what the server sends before SSH begins. */
const BANNER = 300;

export interface TransportOptions {
  /** Reports something that the user should know but that stops nothing. */
  readonly warn?: (text: string) => void;
  /** Asks for the passphrase of an encrypted key; without it, such keys work only through an agent. */
  readonly askPassphrase?: AskPassphrase;
}

/** SSH by ssh2. Host keys are always verified, unless the policy is `off`; warning about that is the caller's job. */
export function createSshTransport(o: TransportOptions = {}): Transport {
  const dialer = new Dialer(o);
  return { connect: (target, signal) => dialer.connect(target, signal) };
}

/** The stream closed without an error, which amounts to a reset. */
class ClosedBeforeLoginError extends Error {
  readonly code = 'ECONNRESET';

  constructor() {
    super('Connection lost before handshake');
  }
}

interface Way {
  readonly stream: Duplex;
  release(): void;
}

class Dialer {
  readonly #warn: (text: string) => void;
  readonly #keyring: Keyring;
  readonly #rate = new ConnectionRate();
  readonly #jumps = new JumpHosts((hop, signal) => withRetry(hop, () => this.connect(hop, signal), signal));

  constructor(o: TransportOptions) {
    this.#warn = o.warn ?? (() => undefined);
    this.#keyring = new Keyring(o.askPassphrase);
  }

  async connect(target: Target, signal?: AbortSignal): Promise<SshSession> {
    const endpoint = target.proxyCommand ?? `${(target.jumps ?? []).map(targetName).join(' ')} ${target.address}:${target.port}`;
    const done = await this.#rate.take(endpoint);
    try {
      // A signal that is already aborted fires no event.
      if (signal?.aborted) throw new ConnectInterruptedError(targetName(target));
      const way = await this.#open(target, signal);
      try {
        return await this.#shakeHands(target, way, signal);
      } catch (error) {
        way.stream.destroy();
        way.release();
        throw error;
      }
    } catch (error) {
      if (error instanceof TransportError && error.kind === 'lost') this.#rate.slower(endpoint);
      throw error;
    } finally {
      done();
    }
  }

  async #open(target: Target, signal?: AbortSignal): Promise<Way> {
    if (target.proxyCommand !== undefined) return { stream: new ProxyCommand(target.proxyCommand), release: () => undefined };
    if ((target.jumps ?? []).length > 0) return this.#jumps.passage(target, signal);
    const { address: host, port, addressFamily: family, bindAddress: localAddress } = target;
    // ssh2 gets the socket at once and handles its errors.
    return { stream: createConnection({ host, port, family, localAddress, noDelay: true }), release: () => undefined };
  }

  #shakeHands(target: Target, way: Way, signal?: AbortSignal): Promise<SshSession> {
    const where = targetName(target);
    const hostKeys = new HostKeyCheck(target, this.#warn);
    const client = new ssh2.Client();
    const authentication = new Authentication(target, this.#keyring, client);
    return new Promise((resolve, reject) => {
      let hostKey: Buffer | undefined;
      let refused: TransportError | undefined;
      let banner = '';
      let settled = false;
      /** Questions to the user: if the connection ends meanwhile, that is reported after the answer, which the next try needs. */
      let waiting = 0;
      let ended: TransportError | undefined;
      const began = Date.now();
      const settle = (): boolean => {
        if (settled) return false;
        settled = true;
        deadline.stop();
        signal?.removeEventListener('abort', onAbort);
        return true;
      };
      const fail = (error: TransportError): void => {
        if (!settle()) return;
        client.on('error', () => undefined);
        client.end();
        client.destroy();
        reject(error);
      };
      const onAbort = (): void => fail(new ConnectInterruptedError(where));
      const deadline = new Deadline(target.timeoutMs, () => fail(connectTimeout(target)));
      const end = (error: TransportError): void => {
        if (waiting > 0) ended ??= error;
        else fail(error);
      };
      authentication.onPause = (paused) => {
        deadline.pause(paused);
        waiting += paused ? 1 : -1;
        if (waiting === 0 && ended) fail(ended);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      way.stream.once('data', (chunk: Buffer) => {
        banner = chunk.subarray(0, BANNER).toString('latin1');
      });
      const failure = (error: Error): TransportError => {
        if (refused) return refused;
        const level = 'level' in error ? error.level : undefined;
        if (level === 'client-authentication' || /too many authentication failures/i.test(error.message))
          return refusedLogin(target, authentication, error);
        if (way.stream instanceof ProxyCommand && hostKey === undefined) {
          const { said, ended } = way.stream;
          return proxyCommandFailure(target, target.proxyCommand ?? '', said.trim() || `It ${ended ?? 'closed the connection'}`);
        }
        const known = fromConnectError(error, where, banner);
        return known.kind === 'lost' && hostKey ? droppedLogin(target, Date.now() - began, waiting > 0, error) : known;
      };
      client.on('ready', () => {
        if (!settle()) return;
        const session = new SshSession(target, client, hostKey, authentication.lastKey);
        session.onDead(() => way.release());
        resolve(session);
      });
      client.on('error', (error: Error) => {
        // A key that failed: the next one is tried.
        if ('level' in error && error.level === 'agent') return;
        end(failure(error));
      });
      client.on('close', () => end(failure(new ClosedBeforeLoginError())));
      client.connect({
        sock: way.stream,
        username: target.user,
        readyTimeout: 0,
        keepaliveInterval: (target.keepalive ?? KEEPALIVE).intervalMs,
        keepaliveCountMax: (target.keepalive ?? KEEPALIVE).count,
        authHandler: authentication.handler,
        algorithms: offered(target, hostKeys),
        hostVerifier: (key: Buffer): boolean => {
          refused = hostKeys.refusal(key);
          hostKey = Buffer.from(key);
          return refused === undefined;
        },
      });
      authentication.watch();
    });
  }
}

/** ssh2's own lists hold where nothing is set. */
function offered(target: Target, hostKeys: HostKeyCheck): Algorithms {
  const { cipher, kex, mac: hmac } = target.algorithms ?? {};
  const said = Object.entries({ cipher, kex, hmac }).filter(([, names]) => names !== undefined);
  return { ...(Object.fromEntries(said) as Algorithms), serverHostKey: hostKeys.algorithms };
}
