import { KubewrightError } from '../../base/errors.js';
import { type Shell, sh } from '../../shell/shell.js';
import { ask, lastLines, silentHost } from '../../transport/session/ask.js';
import type { Session } from '../../transport/types.js';

/** Milliseconds that a control plane has for an answer. */
const LIMIT_MS = 60_000;

/**
 * Runs a shell program as root and returns the lines that it prints, without empty ones.
 * @param what it does, for the error: `read the admin kubeconfig`.
 * @throws KubewrightError when it fails, with the last lines of what it said.
 */
export async function answerOf(session: Session, what: string, program: Shell, signal?: AbortSignal): Promise<string> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const answer = await ask(session, {
    become: true,
    program: [program.text],
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  if (answer.kind === 'silent') throw silentHost(session.target, answer);
  if (answer.kind === 'answered' && answer.status === 0) return answer.lines.map((l) => `${l}\n`).join('');
  const why =
    answer.kind === 'lost' ? answer.cause.message : lastLines(answer.said.stderr) || `It ended with exit status ${answer.status}`;
  throw new KubewrightError({
    what: `${session.target.name} cannot ${what}`,
    where: session.target.name,
    why,
    fix: 'Check that the cluster is installed (kubewright provision) and that the user may become root',
  });
}

/** The admin kubeconfig that kubeadm left. @throws KubewrightError */
export function adminKubeconfig(session: Session): Promise<string> {
  return answerOf(session, 'read the admin kubeconfig', sh`cat /etc/kubernetes/admin.conf`);
}
