import { KubewrightError } from '../../../base/errors.js';
import { joinShell, quote, rawShell, type Shell, sh } from '../../../shell/shell.js';
import { ask, lastLines, type Said, silentHost } from '../../../transport/session/ask.js';
import type { KeyHost } from '../model/model.js';
import { PROLOGUE } from './prologue.js';

/** Ends the payload; every payload line begins with one letter and a space. */
const END = 'kubewright-end-of-payload';
/** Begins a line of stderr with the reason why the account cannot be used. */
const REFUSES = 'kubewright: ';

/** Lines that every host gets, in memory only once. */
export function payloadOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((l) => `${l}\n`).join(''));
}

/**
 * Runs a program on a host as the account whose keys are managed, and returns its lines as fields. The payload is what the
 * program's function `payload` prints. Everything is sent over stdin. `onLine` gets the lines as they arrive.
 *
 * @throws KubewrightError with the program's last output, or the TransportError of a lost connection or a login shell that
 *   runs nothing.
 */
export async function runAs(
  host: KeyHost,
  program: Shell,
  payload: Buffer = Buffer.alloc(0),
  signal?: AbortSignal,
  onLine?: (line: string) => void,
): Promise<string[][]> {
  const body = joinShell([PROLOGUE, program]);
  const answer = await ask(host.session, {
    command: commandFor(host),
    become: host.account !== host.session.target.user,
    program: [`set -eu\npayload() { cat <<'${END}'\n`, ...(payload.length > 0 ? [payload] : []), `${END}\n}\n${body.text}\n`],
    signal,
    unbegun: host.unbegun,
    killOnAbort: true,
    onLine,
  });
  if (answer.kind === 'lost') throw answer.cause;
  if (answer.kind === 'silent') throw refusal(host, answer) ?? silentHost(host.session.target, answer);
  if (answer.status === 0) return answer.lines.map((l) => l.split('\t'));
  throw failure(host, lastLines(answer.said.stderr) || `The program ended with status ${answer.status}`);
}

/** What `commandFor` says itself before the program begins. */
function refusal(host: KeyHost, { said }: { readonly said: Said }): KubewrightError | undefined {
  if (host.account === host.session.target.user) return undefined;
  const words = said.stderr.split('\n').findLast((l) => l.startsWith(REFUSES));
  return words === undefined ? undefined : failure(host, words.slice(REFUSES.length));
}

function failure(host: KeyHost, what: string): KubewrightError {
  return new KubewrightError({
    what,
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
    id "$a" >/dev/null 2>&1 || { echo ${REFUSES}"there is no account $a on this host" >&2; exit 1; }
    [ "$(id -u)" = 0 ] || { echo ${REFUSES}"only root can act for another account: allow become for $(id -un)" >&2; exit 1; }
    cd /
    exec su -s /bin/sh "$a" -c 'exec sh'`;
  return `sh -c ${quote(script.text)}`;
}

/** `name=value` for the program, quoted. */
export function assign(values: Readonly<Record<string, string>>): Shell {
  return joinShell(Object.entries(values).map(([name, value]) => sh`${rawShell(name)}=${value}`));
}
