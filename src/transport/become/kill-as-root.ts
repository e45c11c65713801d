import { setTimeout as sleep } from 'node:timers/promises';
import { KubewrightError } from '../../base/errors.js';
import type { Exit } from '../types.js';

/** Limit for the whole kill, sudo included. */
const KILL_TIMEOUT_MS = 8000;

/**
 * SIGTERM for the process group of another user's process, as sshd sends it to our own. `kill` is spelt so that dash, bash and
 * BusyBox accept it; `ps` is not installed everywhere. A process that has already ended is not an error.
 */
export function killScript(pid: number): string {
  const group = `tr '\\n' ' ' < /proc/${pid}/stat | sed 's/.*) //' | cut -d ' ' -f 3`;
  return `[ ! -d /proc/${pid} ] || { g=$(${group}); [ "$g" -gt 1 ] && kill -TERM "-$g"; } || [ ! -d /proc/${pid} ]`;
}

/**
 * sshd signals only the login user's processes, so this becomes the other user again, over a second channel.
 *
 * @returns why it could not be signalled; undefined: it was.
 */
export async function killAsRoot(pid: number, become: (command: string) => Promise<Exit>): Promise<string | undefined> {
  const exit = await Promise.race([become(killScript(pid)), sleep(KILL_TIMEOUT_MS, undefined, { ref: false })]);
  if (exit === undefined) return 'the server opens no second channel, or does not answer';
  if (exit.kind === 'exited' && exit.code === 0) return undefined;
  if (exit.kind !== 'lost') return 'it could not be signalled';
  const { cause } = exit;
  const { what, why } = cause instanceof KubewrightError ? cause.parts : { what: cause.message, why: undefined };
  return (why ?? what).split('\n')[0];
}
