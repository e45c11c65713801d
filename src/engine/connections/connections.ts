import { setMaxListeners } from 'node:events';
import type { Session } from '../../transport/types.js';
import { Connection, type ReconnectOptions } from './connection.js';

export interface ConnectionsOptions extends ReconnectOptions {
  readonly sessions: Map<string, Session>;
  readonly onLost: (host: string, error: string, attempt: number) => void;
  readonly onBack: (host: string) => void;
}

/** One `Connection` for each host, shared by all its users. */
export class Connections {
  readonly #o: ConnectionsOptions;
  readonly #made = new Map<string, Connection>();
  readonly #over = new AbortController();

  constructor(o: ConnectionsOptions) {
    this.#o = o;
    // Every host listens.
    setMaxListeners(0, this.#over.signal);
  }

  /** Whether the host has been connected at all. */
  has(host: string): boolean {
    return this.#o.sessions.has(host);
  }

  get(host: string): Connection {
    const known = this.#made.get(host);
    if (known) return known;
    const { sessions, onLost, onBack, signal } = this.#o;
    const over = this.#over.signal;
    const any = signal ? AbortSignal.any([signal, over]) : over;
    const made = new Connection(
      host,
      sessions,
      { ...this.#o, signal: any },
      {
        lost: (error, attempt) => onLost(host, error, attempt),
        back: () => onBack(host),
      },
    );
    this.#made.set(host, made);
    return made;
  }

  /** The run is over: a loss from now on is neither reported nor repaired. */
  end(): void {
    this.#over.abort();
  }
}
