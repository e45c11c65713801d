import { randomBytes } from 'node:crypto';
import type { Cluster } from '../cluster/cluster.js';
import { KubewrightError } from '../errors.js';
import type { HostFacts } from '../facts/facts.js';
import { parseFacts } from '../facts/parse.js';
import { probe } from '../facts/probe.js';
import { endpointsFor } from '../roles/preflight/network.js';
import type { Session } from '../transport/port.js';

/** Facts of all machines, one exec each, all at once. @throws KubewrightError naming a machine whose probe failed. */
export async function gatherFacts(cluster: Cluster, sessions: ReadonlyMap<string, Session>): Promise<Map<string, HostFacts>> {
  const facts = await Promise.all(
    cluster.hosts.flatMap((host) => {
      const session = sessions.get(host.name);
      return session ? [gather(session, probe(endpointsFor(cluster, host)).text).then((f) => [host.name, f] as const)] : [];
    }),
  );
  return new Map(facts);
}

async function gather(session: Session, script: string): Promise<HostFacts> {
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
  if (exit.kind === 'lost') throw exit.cause;
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
