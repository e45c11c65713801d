import { setTimeout as sleep } from 'node:timers/promises';
import { KubewrightError } from '../../base/errors.js';
import type { Exit } from '../types.js';

/** How long the machine may take to do it, sudo included. */
const KILL_TIMEOUT_MS = 8000;

/**
 * SIGTERM for the process group of a process that another user runs, as sshd gives it to our own. `kill` is spelt as dash, bash and
 * BusyBox all read it; `ps` is not everywhere. What has gone already is no error.
 */
export function killScript(pid: number): string {
  const group = `tr '\\n' ' ' < /proc/${pid}/stat | sed 's/.*) //' | cut -d ' ' -f 3`;
  return `[ ! -d /proc/${pid} ] || { g=$(${group}); [ "$g" -gt 1 ] && kill -TERM "-$g"; } || [ ! -d /proc/${pid} ]`;
}

/**
 * sshd signals our own processes only. So the same way to become the other user is gone a second time, over a channel of its own.
 *
 * @returns why it could not be ended; undefined: it has got its signal.
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
