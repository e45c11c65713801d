import { randomBytes } from 'node:crypto';
import { KubewrightError } from '../../base/errors.js';
import { escapeLine } from '../../base/escape.js';
import { type Shell, sh } from '../../shell/shell.js';
import type { Session } from '../../transport/types.js';

/** Milliseconds that a control plane has for an answer. */
const LIMIT_MS = 60_000;

/**
 * Runs a shell program as root and returns what it prints; noise of login shells before and after it is left out.
 * @param what it does, for the error: `read the admin kubeconfig`.
 * @throws KubewrightError when it fails, with the last lines of what it said.
 */
export async function answerOf(session: Session, what: string, program: Shell): Promise<string> {
  const mark = `kw-${randomBytes(12).toString('hex')}`;
  let [out, err] = ['', ''];
  const exit = await session.exec('sh', {
    become: true,
    stdin: `echo ${mark}-begin\n(\n${program.text}\n) </dev/null\nrc=$?\necho; echo ${mark}-end $rc\n`,
    signal: AbortSignal.timeout(LIMIT_MS),
    onStdout: (chunk) => (out += chunk.toString()),
    onStderr: (chunk) => (err += chunk.toString()),
  });
  const framed = new RegExp(`^${mark}-begin\\r?\\n([\\s\\S]*)\\n${mark}-end (\\d+)`, 'm').exec(out);
  if (framed?.[2] === '0') return framed[1] ?? '';
  const said = err.trim().split('\n').slice(-3).map(escapeLine).join('\n');
  const lost = exit.kind === 'lost' ? exit.cause.message : 'The program did not run to its end';
  throw new KubewrightError({
    what: `${session.target.name} cannot ${what}`,
    where: session.target.name,
    why: said || (framed ? `It ended with exit status ${framed[2]}` : lost),
    fix: 'Check that the cluster is installed (kubewright provision) and that the user may become root',
  });
}

/** The admin kubeconfig that kubeadm left. @throws KubewrightError */
export function adminKubeconfig(session: Session): Promise<string> {
  return answerOf(session, 'read the admin kubeconfig', sh`cat /etc/kubernetes/admin.conf`);
}
