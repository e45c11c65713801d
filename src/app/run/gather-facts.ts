import { randomBytes } from 'node:crypto';
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
import type { Session } from '../../transport/types.js';

/** How often a probe whose connection is cut is sent again. */
const TRIES = 5;

/** Collects facts, one exec a machine: the first one over a new connection, which shows that sudo works, too. */
export class FactsGatherer {
  readonly #cluster: Cluster;
  readonly #found = new Map<string, HostFacts>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** @returns why the connection is of no use: it was cut. @throws TransportError when sudo refuses. */
  async firstExec(session: Session): Promise<Error | undefined> {
    const script = this.#scriptOf(session.target.name);
    if (script === undefined) return tryBecome(session);
    try {
      const facts = await examine(session, script);
      if (facts instanceof Error) return facts;
      this.#found.set(session.target.name, facts);
    } catch (error) {
      // A machine that answers nonsense is asked again, and then told from one that cannot be reached.
      if (error instanceof TransportError) throw error;
    }
    return undefined;
  }

  /**
   * Facts of all machines with a session; those without are asked. A connection that is cut meanwhile is made anew, and put
   * into `sessions`.
   * @throws KubewrightError naming a machine whose probe failed.
   */
  async all(sessions: Map<string, Session>, reconnect: (host: string) => Promise<Session>): Promise<Map<string, HostFacts>> {
    const connections = new Connections({ sessions, connect: reconnect, giveUpMs: 60_000, onLost: quiet, onBack: quiet });
    const facts = await Promise.all(
      this.#cluster.hosts.map(async ({ name }) => {
        const script = this.#scriptOf(name);
        if (!sessions.has(name) || script === undefined) return [];
        return [[name, this.#found.get(name) ?? (await gather(connections.get(name), script))] as const];
      }),
    );
    return new Map(facts.flat());
  }

  /** undefined: the machine is not one of the cluster. */
  #scriptOf(name: string): string | undefined {
    const host = this.#cluster.hosts.find((h) => h.name === name);
    return host && probe(questionsFor(this.#cluster, host)).text;
  }
}

function quiet(): void {}

async function gather(connection: Connection, script: string): Promise<HostFacts> {
  for (let attempt = 1; ; attempt++) {
    const session = connection.session;
    if (!session) throw new KubewrightError({ what: 'Not connected', where: connection.host });
    const facts = await examine(session, script);
    if (!(facts instanceof Error)) return facts;
    const renewed = attempt < TRIES ? await connection.renew(session, facts) : facts;
    if (renewed instanceof Error) throw renewed;
  }
}

/** An error: the connection was cut. */
async function examine(session: Session, script: string): Promise<HostFacts | Error> {
  const mark = `kw-${randomBytes(8).toString('hex')}`;
  let receivedAt = 0;
  let out = '';
  let err = '';
  const exit = await session.exec('sh', {
    become: true,
    stdin: `main() {\necho ${mark}\n${script}\n}\nmain </dev/null\n`,
    onStdout: (chunk) => {
      receivedAt ||= Date.now();
      out += chunk.toString();
    },
    onStderr: (chunk) => {
      err = (err + chunk.toString()).slice(-2000);
    },
  });
  if (exit.kind === 'lost') return exit.cause;
  try {
    // What a shell's start-up files say comes before the mark.
    return parseFacts(out.slice(out.indexOf(mark) + mark.length), receivedAt);
  } catch (cause) {
    throw new KubewrightError({
      what: 'The machine could not be examined',
      where: session.target.name,
      why: err.trim() || (cause instanceof Error ? cause.message : undefined),
      fix: `Log in and try: sudo sh -c 'uname -m' (it must print the architecture and nothing else)`,
      cause,
    });
  }
}
