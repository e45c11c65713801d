import { Readable } from 'node:stream';
import { KubewrightError } from '../../../base/errors.js';
import { joinShell, quote, rawShell, type Shell, sh } from '../../../shell/shell.js';
import type { KeyHost } from '../model/model.js';
import { PROLOGUE } from './prologue.js';

/** Ends the payload; every payload line begins with one letter and a space. */
const END = 'kubewright-end-of-payload';

/** Lines that every host gets, in memory only once. */
export function payloadOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((l) => `${l}\n`).join(''));
}

/**
 * Runs a program on a host as the account whose keys are managed, and returns its output. The payload is what the
 * program's function `payload` prints. Everything is sent over stdin. `onOutput` gets the output as it arrives.
 *
 * @throws KubewrightError with the program's last output, or the TransportError of a lost connection.
 */
export async function runAs(
  host: KeyHost,
  program: Shell,
  payload: Buffer = Buffer.alloc(0),
  signal?: AbortSignal,
  onOutput?: (chunk: Buffer) => void,
): Promise<string> {
  const chunks: Buffer[] = [];
  let said = '';
  const body = joinShell([PROLOGUE, program]);
  const exit = await host.session.exec(commandFor(host), {
    become: host.account !== host.session.target.user,
    // A truncated program is not a complete function, and runs nothing.
    stdin: Readable.from([
      `main() {\nset -eu\npayload() { cat <<'${END}'\n`,
      ...(payload.length > 0 ? [payload] : []),
      `${END}\n}\n${body.text}\n}\nmain </dev/null\n`,
    ]),
    signal,
    killOnAbort: true,
    onStdout: (chunk) => {
      chunks.push(chunk);
      onOutput?.(chunk);
    },
    onStderr: (chunk) => {
      said = (said + chunk.toString()).slice(-4000);
    },
  });
  if (exit.kind === 'lost') throw exit.cause;
  if (exit.kind === 'exited' && exit.code === 0) return Buffer.concat(chunks).toString();
  // sshd's own remark, before the program's output.
  const last = said
    .replace(/^Could not chdir to home directory .*\n/, '')
    .trim()
    .split('\n')
    .slice(-3)
    .join('\n')
    .trim();
  throw new KubewrightError({
    what:
      last || (exit.kind === 'killed' ? `The program was killed (${exit.signal})` : `The program ended with status ${exit.code}`),
    where: host.name,
    fix: 'Fix that on the host and run the same command again: finished work is kept',
  });
}

/** Becomes the account by root's `su` if another one logs in: root itself never follows links in a user's home. */
function commandFor(host: KeyHost): string {
  if (host.account === host.session.target.user) return 'sh';
  const script = sh`
    a=${host.account}
    if [ "$(id -un)" = "$a" ]; then exec sh; fi
    id "$a" >/dev/null 2>&1 || { echo "there is no account $a on this host" >&2; exit 1; }
    [ "$(id -u)" = 0 ] || { echo "only root can act for another account: allow become for $(id -un)" >&2; exit 1; }
    cd /
    exec su -s /bin/sh "$a" -c 'exec sh'`;
  return `sh -c ${quote(script.text)}`;
}

/** `name=value` for the program, quoted. */
export function assign(values: Readonly<Record<string, string>>): Shell {
  return joinShell(Object.entries(values).map(([name, value]) => sh`${rawShell(name)}=${value}`));
}

/** The lines of a program's output as fields; a line is a tag and its values, separated by tabs. */
export function fieldsOf(output: string): string[][] {
  return output
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => l.split('\t'));
}
