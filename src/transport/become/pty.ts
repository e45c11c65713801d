import { randomBytes } from 'node:crypto';
import type { Target } from '../types.js';

/**
 * Some ways to become another user ask for a password on a terminal only. A terminal spoils data: it has no end of input,
 * mixes stdout with stderr and changes line ends. So only the password is sent over it. The command's own streams are three
 * named pipes in a directory that other users cannot enter, and a second channel without a terminal connects them to us.
 */
export class NamedPipes {
  readonly #mark = `kw-pipes-${randomBytes(12).toString('hex')}`;
  readonly command: string;
  #head = '';

  constructor(target: Target) {
    // Root gets in anyway. Another user must find the pipes by a path that cannot be guessed.
    const open = target.become.user === 'root' ? '' : 'chmod 711 "$d" && chmod 666 "$d/0" "$d/1" "$d/2" && ';
    const script = [
      'umask 077; d=$(mktemp -d "${TMPDIR:-/tmp}/kw-XXXXXXXXXXXX") || exit 1; trap \'rm -rf "$d"\' EXIT;',
      `mkfifo "$d/0" "$d/1" "$d/2" && ${open}echo "${this.#mark} $$ $d" || exit 1;`,
      // Opening a pipe waits for its other end, so wait until it is certain to come.
      'read -r go || exit 1;',
      'cat "$d/1" & cat "$d/2" >&2 & cat >"$d/0"; wait',
    ].join(' ');
    this.command = `sh -c '${script.replaceAll("'", `'\\''`)}'`;
  }

  /** Where the pipes are, once they exist; later output is the command's. */
  located: { readonly pid: number; readonly dir: string } | undefined;

  /** What was printed before. */
  get noise(): string {
    return this.#head.slice(-4000);
  }

  stdout(chunk: Buffer, onLocated: () => void): Buffer {
    if (this.located) return chunk;
    this.#head += chunk.toString('latin1');
    const found = new RegExp(`${this.#mark} (\\d+) (/\\S+)\\n`).exec(this.#head);
    if (!found) return Buffer.alloc(0);
    this.located = { pid: Number(found[1]), dir: found[2] ?? '' };
    const rest = Buffer.from(this.#head.slice(found.index + found[0].length), 'latin1');
    onLocated();
    return rest;
  }

  get redirect(): string {
    const dir = this.located?.dir ?? '';
    return `<${dir}/0 >${dir}/1 2>${dir}/2`;
  }

  /** Shell text that ends what may still wait for a pipe's other end. */
  get cleanup(): string {
    const { pid, dir } = this.located ?? { pid: 0, dir: '' };
    return pid === 0 ? 'true' : `kill ${pid} $(ps -o pid= --ppid ${pid}) 2>/dev/null; rm -rf ${dir}`;
  }
}
