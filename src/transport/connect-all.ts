import { Semaphore } from '../base/semaphore.js';
import { TransportError } from './errors.js';
import { withRetry } from './limits/retry.js';
import type { Session, Target, Transport } from './types.js';

export interface ConnectAllOptions {
  /** Connections that are being made at once. */
  readonly forks: number;
  /** Its turn has come. */
  readonly onConnecting?: (host: string) => void;
  readonly onConnected: (host: string, ms: number, session: Session) => void;
  readonly onFailed: (host: string, error: TransportError) => void;
  /** Also see whether sudo works, where the target wants it. */
  readonly verifyBecome: boolean;
  /** What shows that as well, in its place; an error is why the session is of no use. */
  readonly firstExec?: (session: Session) => Promise<Error | undefined>;
  readonly signal?: AbortSignal;
}

export interface ConnectResult {
  readonly sessions: Map<string, Session>;
  readonly failures: Map<string, TransportError>;
}

/** One session a target. Every failure is collected: the user shall see all of them at once. */
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
        const refusal = o.firstExec ? await o.firstExec(session) : o.verifyBecome ? await tryBecome(session) : undefined;
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

/** Whether sudo works, where the target wants it. @throws TransportError when it refuses. */
export async function tryBecome(session: Session): Promise<Error | undefined> {
  const { become, user } = session.target;
  if (!become.enabled || become.user === user) return undefined;
  const exit = await session.exec('true', { become: true });
  return exit.kind === 'lost' ? exit.cause : undefined;
}
