import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { KubewrightError } from '../../base/errors.js';
import { SHA256_OF } from '../../shell/sha256-of.js';
import { quote } from '../../shell/shell.js';
import type { Session } from '../types.js';
import { runCommand } from './run.js';

export interface PutFileOptions {
  /** File on this machine. */
  readonly source: string;
  /** Absolute path on the host. */
  readonly path: string;
  /** Octal. */
  readonly mode: string;
  /** Hex; the file gets its name only if this is right. */
  readonly sha256?: string;
  readonly become: boolean;
  /** Bytes sent so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Sends a file over the session, whole or not at all. @throws the session's error, or KubewrightError */
export async function putFile(session: Session, o: PutFileOptions): Promise<void> {
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sent += chunk.length;
      o.onProgress?.(sent);
      done(null, chunk);
    },
  });
  let sent = 0;
  let said = '';
  const file = await open(o.source).catch((cause: Error) => {
    throw failure(session, o, cause.message, cause);
  });
  const { size } = await file.stat();
  const source = file.createReadStream({ highWaterMark: 256 * 1024 });
  source.on('error', (error) => counted.destroy(error));
  counted.on('error', (error) => {
    said = error.message;
  });
  const exit = await runCommand(session, script(o, size), {
    become: o.become,
    stdin: source.pipe(counted),
    signal: o.signal,
    onStderr: (chunk) => {
      said = (said + chunk.toString()).slice(-2000);
    },
  });
  source.destroy();
  if (exit.kind === 'lost') throw exit.cause;
  if (exit.kind === 'exited' && exit.code === 0) return;
  throw failure(session, o, said.trim() || 'the transfer was cut off');
}

function failure(session: Session, o: PutFileOptions, why: string, cause?: Error): KubewrightError {
  return new KubewrightError({
    what: `${o.path} could not be written`,
    where: session.target.name,
    why,
    fix: cause
      ? `Check that ${o.source} exists and is readable`
      : 'Check that the disk has space, then run the same command again',
    cause,
  });
}

function script(o: PutFileOptions, size: number): string {
  const check =
    o.sha256 === undefined
      ? ''
      : `${SHA256_OF}\n[ "$(sha256_of "$t")" = ${quote(o.sha256)} ] || { echo 'the checksum is wrong' >&2; exit 1; };`;
  return [
    `umask 077; mkdir -p ${quote(dirname(o.path))} || exit 1;`,
    `t=$(mktemp ${quote(`${o.path}.kw-XXXXXX`)}) || exit 1; trap 'rm -f "$t"' EXIT HUP TERM INT PIPE;`,
    // On the host, a lost connection looks like the end of the file.
    `cat > "$t" || exit 1; [ "$(wc -c < "$t")" -eq ${size} ] || { echo 'the file is incomplete' >&2; exit 1; }; ${check}`,
    `chmod ${quote(o.mode)} "$t" && mv -f "$t" ${quote(o.path)}`,
  ].join(' ');
}
