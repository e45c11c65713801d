import { KubewrightError } from '../../base/errors.js';
import type { Cluster } from '../../cluster/cluster.js';
import type { Connection } from '../../engine/connections/connection.js';
import { Connections } from '../../engine/connections/connections.js';
import type { HostFacts } from '../../facts/facts.js';
import { parseFacts } from '../../facts/parse.js';
import { probe } from '../../facts/probe.js';
import { questionsFor } from '../../roles/preflight/questions.js';
import { tryBecome } from '../../transport/connect-all.js';
import { TransportError } from '../../transport/errors.js';
import { ask, lastLines, silentHost } from '../../transport/session/ask.js';
import type { Session } from '../../transport/types.js';
import { throwIfInterrupted } from '../connect/interrupt.js';

/** How often a probe is sent if the connection is lost. */
const TRIES = 5;

/** Gathers facts with one exec per host: the first over a new connection, which also proves that sudo works. */
export class FactsGatherer {
  readonly #cluster: Cluster;
  readonly #found = new Map<string, HostFacts>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** @returns the error if the connection was lost. @throws TransportError if sudo refuses. */
  async firstExec(session: Session, signal?: AbortSignal): Promise<Error | undefined> {
    const script = this.#scriptOf(session.target.name);
    if (script === undefined) return tryBecome(session, signal);
    try {
      const facts = await examine(session, script, signal);
      if (facts instanceof Error) return facts;
      this.#found.set(session.target.name, facts);
    } catch (error) {
      // A host with an invalid answer is asked again later, so that it is not reported as unreachable.
      if (error instanceof TransportError) throw error;
    }
    return undefined;
  }

  /**
   * Facts of all hosts with a session; those not known yet are gathered. A connection that is lost meanwhile is opened again
   * and put into `sessions`.
   * @throws KubewrightError naming a host whose probe failed. @throws InterruptedError when `signal` is aborted.
   */
  async all(
    sessions: Map<string, Session>,
    connect: (host: string, signal?: AbortSignal) => Promise<Session>,
    signal?: AbortSignal,
  ): Promise<Map<string, HostFacts>> {
    const connections = new Connections({ sessions, connect, giveUpMs: 60_000, onLost: quiet, onBack: quiet, signal });
    const facts = await Promise.all(
      this.#cluster.hosts.map(async ({ name }) => {
        const script = this.#scriptOf(name);
        if (!sessions.has(name) || script === undefined) return [];
        return [[name, this.#found.get(name) ?? (await gather(connections.get(name), script, signal))] as const];
      }),
    );
    return new Map(facts.flat());
  }

  /** undefined: the host is not part of the cluster. */
  #scriptOf(name: string): string | undefined {
    const host = this.#cluster.hosts.find((h) => h.name === name);
    return host && probe(questionsFor(this.#cluster, host)).text;
  }
}

function quiet(): void {}

async function gather(connection: Connection, script: string, signal?: AbortSignal): Promise<HostFacts> {
  for (let attempt = 1; ; attempt++) {
    const session = connection.session;
    if (!session) throw new KubewrightError({ what: 'Not connected', where: connection.host });
    const facts = await examine(session, script, signal);
    if (!(facts instanceof Error)) return facts;
    throwIfInterrupted(signal);
    const renewed = attempt < TRIES ? await connection.renew(session, facts) : facts;
    if (renewed instanceof Error) throw renewed;
  }
}

/** Returns an error if the connection was lost. @throws TransportError where the login shell runs nothing. */
async function examine(session: Session, script: string, signal?: AbortSignal): Promise<HostFacts | Error> {
  const askedAt = Date.now();
  let receivedAt = 0;
  const answer = await ask(session, {
    become: true,
    program: [script],
    signal,
    onLine: () => {
      receivedAt ||= Date.now();
    },
  });
  if (answer.kind === 'lost') {
    // It would hang again.
    if (answer.cause instanceof TransportError && answer.cause.kind === 'shell') throw answer.cause;
    return answer.cause;
  }
  if (answer.kind === 'silent') throw silentHost(session.target, answer);
  try {
    return parseFacts(answer.lines.join('\n'), receivedAt, askedAt);
  } catch (cause) {
    throw new KubewrightError({
      what: 'Could not gather facts',
      where: session.target.name,
      why: lastLines(answer.said.stderr) || (cause instanceof Error ? cause.message : undefined),
      fix: `Log in and try: sudo sh -c 'uname -m' (it must print only the architecture)`,
      cause,
    });
  }
}
