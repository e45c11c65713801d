import type { Shell } from '../shell/shell.js';
import type { Session } from '../transport/types.js';

/** Runs a short script over stdin and returns its output. @throws Error with the script's last words when it fails. */
export async function runScript(session: Session, script: Shell, become = false): Promise<string> {
  let out = '';
  let err = '';
  const exit = await session.exec('sh', {
    become,
    stdin: `main() {\nset -eu\n${script.text}\n}\nmain </dev/null\n`,
    onStdout: (chunk) => {
      out += chunk.toString();
    },
    onStderr: (chunk) => {
      err = (err + chunk.toString()).slice(-4000);
    },
  });
  if (exit.kind === 'lost') throw exit.cause;
  if (exit.kind === 'exited' && exit.code === 0) return out;
  const last = err.trim().split('\n').slice(-3).join('; ');
  throw new Error(last || (exit.kind === 'killed' ? `killed by ${exit.signal}` : `exit status ${exit.code}`));
}
