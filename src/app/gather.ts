import { randomBytes } from 'node:crypto';
import type { Cluster } from '../cluster/cluster.js';
import type { Connection } from '../engine/connection.js';
import { Connections } from '../engine/connections.js';
import { KubewrightError } from '../errors.js';
import type { HostFacts } from '../facts/facts.js';
import { parseFacts } from '../facts/parse.js';
import { probe } from '../facts/probe.js';
import { endpointsFor } from '../roles/preflight/network.js';
import type { Session } from '../transport/port.js';

/** How often a probe whose connection is cut is sent again. */
const TRIES = 5;

/**
 * Facts of all machines, one exec each, all at once. A connection that is cut meanwhile is made anew, and put into `sessions`.
 *
 * @throws KubewrightError naming a machine whose probe failed.
 */
export async function gatherFacts(
  cluster: Cluster,
  sessions: Map<string, Session>,
  reconnect: (host: string) => Promise<Session>,
): Promise<Map<string, HostFacts>> {
  const connections = new Connections({ sessions, connect: reconnect, giveUpMs: 60_000, onLost: quiet, onBack: quiet });
  const facts = await Promise.all(
    cluster.hosts.flatMap((host) =>
      sessions.has(host.name)
        ? [gather(connections.get(host.name), probe(endpointsFor(cluster, host)).text).then((f) => [host.name, f] as const)]
        : [],
    ),
  );
  return new Map(facts);
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
      todo: `Log in and try: sudo sh -c 'uname -m' (it must print the architecture and nothing else)`,
      cause,
    });
  }
}
