import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecOptions as Ssh2Options } from 'ssh2';
import { lostConnection } from '../errors.js';
import { applyBackpressure } from '../io/backpressure.js';
import { sendStdin } from '../io/stdin.js';
import type { ExecOptions, Exit, Target } from '../types.js';
import { Become } from './become.js';
import type { OpenChannel } from './open-channel.js';
import { NamedPipes } from './pty.js';

interface Channels {
  readonly open: (command: string, options: Ssh2Options) => Promise<OpenChannel | Error>;
  /** Kills the command, where that is wanted. */
  readonly end: (how: Become, done: (mayStillRun?: string) => void) => void;
}

/** How long the streams may stay open after the command has ended. */
const DRAIN_MS = 5000;
const TERMINAL: Ssh2Options = { pty: { term: 'dumb', rows: 24, cols: 200, height: 0, width: 0, modes: {} } };

/** One command over two channels: a terminal for the password, and one for the command's streams. */
export async function becomeOnTerminal(
  target: Target,
  command: string,
  o: ExecOptions,
  { open, end }: Channels,
): Promise<{ readonly exit: Exit; readonly how?: Become }> {
  const lost = (cause: Error): { exit: Exit } => ({ exit: { kind: 'lost', cause } });
  const fifos = new NamedPipes(target);
  const pipes = await open(fifos.command, {});
  if (pipes instanceof Error) return lost(pipes);
  const located = new Promise<void>((resolve) => {
    pipes.stream.on('data', (chunk: Buffer) => {
      const data = fifos.stdout(chunk, resolve);
      if (data.length > 0) o.onStdout?.(data);
      applyBackpressure(pipes.stream, o);
    });
  });
  let said = '';
  pipes.stream.stderr.on('data', (chunk: Buffer) => {
    if (fifos.located) o.onStderr?.(chunk);
    else said = (said + chunk.toString()).slice(-1000);
  });
  await Promise.race([located, pipes.ended]);
  if (!fifos.located) return lost(new Error(said.trim() || 'named pipes could not be created there'));
  const how = new Become(target, command, { pty: true, redirect: fifos.redirect });
  const terminal = await open(how.command, TERMINAL);
  if (terminal instanceof Error) {
    pipes.stream.close();
    return lost(terminal);
  }
  let mayStillRun: string | undefined;
  const onAbort = (): void =>
    end(how, (why) => {
      mayStillRun = why;
      terminal.stream.close();
      pipes.stream.close();
    });
  if (o.signal?.aborted) onAbort();
  o.signal?.addEventListener('abort', onAbort, { once: true });
  const start = (): void => {
    if (o.signal?.aborted) return;
    pipes.stream.write('go\n');
    sendStdin(pipes.stream, o.stdin);
  };
  const answer = (password: string): void => {
    if (how.refused) terminal.stream.close();
    else terminal.stream.write(password);
  };
  terminal.stream.on('data', (chunk: Buffer) => {
    how.stdout(chunk, start, answer);
  });
  const exit = await terminal.ended;
  how.end();
  o.signal?.removeEventListener('abort', onAbort);
  // What is still to be sent has no reader.
  pipes.stream.end();
  const drained = await Promise.race([pipes.ended.then(() => true), sleep(how.ready ? DRAIN_MS : 0, false, { ref: false })]);
  if (!drained) {
    if (how.ready || exit.kind === 'lost') await cleanUp(fifos, open);
    pipes.stream.close();
  }
  if (o.signal?.aborted) return { exit: { kind: 'lost', cause: lostConnection(target, 'interrupted'), mayStillRun }, how };
  return { exit: how.ready || exit.kind === 'lost' ? exit : { kind: 'lost', cause: how.error() }, how };
}

async function cleanUp(fifos: NamedPipes, open: Channels['open']): Promise<void> {
  const channel = await open(fifos.cleanup, {});
  if (channel instanceof Error) return;
  channel.stream.resume();
  await channel.ended;
}
