import { Semaphore } from '../base/semaphore.js';
import { TransportError } from './errors.js';
import { withRetry } from './limits/retry.js';
import type { Session, Target, Transport } from './types.js';

export interface ConnectAllOptions {
  /** Connections made at once. */
  readonly forks: number;
  /** The connection is about to be made. */
  readonly onConnecting?: (host: string) => void;
  readonly onConnected: (host: string, ms: number, session: Session) => void;
  readonly onFailed: (host: string, error: TransportError) => void;
  /** Also check that sudo works, for targets that become another user. */
  readonly verifyBecome: boolean;
  /** Runs instead of that check and shows the same; an error means that the session is useless. */
  readonly firstExec?: (session: Session, signal?: AbortSignal) => Promise<Error | undefined>;
  readonly signal?: AbortSignal;
}

export interface ConnectResult {
  readonly sessions: Map<string, Session>;
  readonly failures: Map<string, TransportError>;
}

/** One session for each target. Failures are collected, so that the user sees all of them at once. */
export async function connectAll(targets: readonly Target[], transport: Transport, o: ConnectAllOptions): Promise<ConnectResult> {
  const semaphore = new Semaphore(o.forks);
  const sessions = new Map<string, Session>();
  const failures = new Map<string, TransportError>();
  await Promise.all(
    targets.map(async (target) => {
      const release = await semaphore.take();
      const began = Date.now();
      o.onConnecting?.(target.name);
      try {
        const session = await withRetry(target, () => transport.connect(target, o.signal), o.signal);
        const refusal = o.firstExec
          ? await o.firstExec(session, o.signal)
          : o.verifyBecome
            ? await tryBecome(session, o.signal)
            : undefined;
        if (refusal) {
          await session.close();
          throw refusal;
        }
        sessions.set(target.name, session);
        o.onConnected(target.name, Date.now() - began, session);
      } catch (error) {
        const failure =
          error instanceof TransportError ? error : new TransportError('protocol', { what: String(error), where: target.name });
        failures.set(target.name, failure);
        o.onFailed(target.name, failure);
      } finally {
        release();
      }
    }),
  );
  return { sessions, failures };
}

/** @returns why sudo does not work; undefined: it does, or the target does not become another user. */
export async function tryBecome(session: Session, signal?: AbortSignal): Promise<Error | undefined> {
  const { become, user } = session.target;
  if (!become.enabled || become.user === user) return undefined;
  const exit = await session.exec('true', { become: true, signal });
  return exit.kind === 'lost' ? exit.cause : undefined;
}
