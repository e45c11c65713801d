import { UnreachableErrors } from '../../base/errors.js';
import type { ClusterHost } from '../../cluster/cluster.js';
import type { Shell } from '../../shell/shell.js';
import { TransportError } from '../../transport/errors.js';
import { ask, silentHost } from '../../transport/session/ask.js';
import type { Session } from '../../transport/types.js';
import { openConnections } from '../connect/connections.js';
import type { ConnectionOptions } from '../connect/options.js';
import type { ClusterSource } from '../inventory/read-cluster.js';

/** What hosts answered: lines of `key<TAB>value`, values by key in the order they came. */
export type Answer = ReadonlyMap<string, readonly string[]>;

export interface Asked {
  readonly answers: ReadonlyMap<string, Answer>;
  /** Hosts that could not be reached, that refuse the login, or whose connection was lost. */
  readonly failures: ReadonlyMap<string, TransportError | Error>;
}

export interface Asker {
  /** Connections by host; a host without one is among the failures. */
  readonly sessions: Map<string, Session>;
  readonly reconnect: (host: string) => Promise<Session>;
  readonly failures: ReadonlyMap<string, TransportError | Error>;
  /** Runs a script as root on hosts that can be reached, on all at once. It prints with `say KEY VALUE`. */
  ask(hosts: readonly ClusterHost[], script: (host: ClusterHost) => Shell): Promise<Asked>;
}

/** For scripts that only look: the shell function with which they answer. */
const SAY = 'LC_ALL=C; export LC_ALL\nsay() { printf \'%s\\t%s\\n\' "$1" "$2"; }\n';

/**
 * Opens one connection to each host, gives `use` the means to ask them, and closes them. Hosts that cannot be reached are among
 * the failures: what is left of a cluster can still be inspected.
 */
export async function withHosts<T>(
  source: ClusterSource,
  hosts: readonly ClusterHost[],
  connection: ConnectionOptions,
  use: (asker: Asker) => Promise<T>,
): Promise<T> {
  const connections = await openConnections(
    hosts.map((h) => h.inventoryHost),
    { connection, partial: true, verifyBecome: false, lookup: (name) => source.inventory.hosts.get(name) },
  );
  const failures = new Map<string, TransportError | Error>(connections.failures);
  const askAll: Asker['ask'] = async (wanted, script) => {
    const answers = new Map<string, Answer>();
    await Promise.all(
      wanted.map(async (host) => {
        const session = connections.sessions.get(host.name);
        if (!session) return;
        const answer = await answerOf(session, script(host)).catch((error: Error) => again(host, script(host), error));
        if (answer instanceof Error) failures.set(host.name, answer);
        else answers.set(host.name, answer);
      }),
    );
    return { answers, failures };
  };
  // It only looks: a connection that was lost on the way may ask once more.
  const again = async (host: ClusterHost, script: Shell, error: Error): Promise<Answer | Error> => {
    if (error instanceof TransportError && error.kind !== 'lost') return error;
    const session = await connections.reconnect(host.name).catch(() => undefined);
    if (!session) return error;
    connections.sessions.set(host.name, session);
    return answerOf(session, script).catch((e: Error) => e);
  };
  try {
    return await use({ sessions: connections.sessions, reconnect: connections.reconnect, failures, ask: askAll });
  } finally {
    await connections.close();
  }
}

async function answerOf(session: Session, script: Shell): Promise<Answer> {
  const answer = await ask(session, { become: true, program: [`${SAY}${script.text}\n`] });
  if (answer.kind === 'lost') throw answer.cause;
  if (answer.kind === 'silent') throw silentHost(session.target, answer);
  return parseAnswer(answer.lines.join('\n'));
}

export function parseAnswer(text: string): Answer {
  const answer = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t');
    if (tab <= 0) continue;
    const key = line.slice(0, tab);
    answer.set(key, [...(answer.get(key) ?? []), line.slice(tab + 1)]);
  }
  return answer;
}

/** @throws UnreachableErrors if none of the hosts can be reached. */
export function requireAny({ failures }: Pick<Asker, 'failures'>, of: number): void {
  if (failures.size < of) return;
  throw new UnreachableErrors(
    [...failures].map(([host, error]) => ({
      host,
      parts: error instanceof TransportError ? error.parts : { what: error.message },
    })),
    of,
  );
}
