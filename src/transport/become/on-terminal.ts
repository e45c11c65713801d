import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecOptions as Ssh2Options } from 'ssh2';
import { CommandInterruptedError, type TransportError } from '../errors.js';
import { applyBackpressure } from '../io/backpressure.js';
import { sendStdin } from '../io/stdin.js';
import { FirstWord, firstWordMs } from '../limits/first-word.js';
import { lastLines, silentLoginShell } from '../login-errors.js';
import type { ExecOptions, Exit, Target } from '../types.js';
import { Become } from './become.js';
import type { OpenChannel } from './open-channel.js';
import { NamedPipes } from './pty.js';

interface Channels {
  readonly open: (command: string, options: Ssh2Options) => Promise<OpenChannel | Error>;
  /** Even if the command has been interrupted. */
  readonly openAlways: (command: string, options: Ssh2Options) => Promise<OpenChannel | Error>;
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
  { open, openAlways, end }: Channels,
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
  const limit = firstWordMs(target);
  const word = new FirstWord(o.signal);
  word.start(limit);
  const over = new Promise<void>((resolve) => {
    if (word.signal.aborted) resolve();
    word.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const gone = await Promise.race([located, pipes.ended.then(() => true), over]);
  word.stop();
  if (!fifos.located) {
    pipes.stream.close();
    if (gone === true) return lost(new Error(said.trim() || 'named pipes could not be created there'));
    if (!word.late) return lost(new CommandInterruptedError(target));
    return lost(silentLoginShell(target, `It did not begin within ${limit / 1000} s`, lastLines(`${fifos.noise}\n${said}`)));
  }
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
  let late: TransportError | undefined;
  const timer = setTimeout(() => {
    late = how.late(limit);
    terminal.stream.close();
  }, limit);
  const start = (): void => {
    clearTimeout(timer);
    if (o.signal?.aborted) return;
    o.onReady?.();
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
  clearTimeout(timer);
  how.end();
  o.signal?.removeEventListener('abort', onAbort);
  // What is still to be sent has no reader.
  pipes.stream.end();
  const drained = await Promise.race([pipes.ended.then(() => true), sleep(how.ready ? DRAIN_MS : 0, false, { ref: false })]);
  if (!drained) {
    if (how.ready || exit.kind === 'lost') await cleanUp(fifos, openAlways);
    pipes.stream.close();
  }
  if (o.signal?.aborted) return { exit: { kind: 'lost', cause: new CommandInterruptedError(target), mayStillRun }, how };
  if (late && !how.ready) return { exit: { kind: 'lost', cause: late }, how };
  return { exit: how.ready || exit.kind === 'lost' ? exit : { kind: 'lost', cause: how.error() }, how };
}

async function cleanUp(fifos: NamedPipes, open: Channels['open']): Promise<void> {
  const channel = await open(fifos.cleanup, {});
  if (channel instanceof Error) return;
  channel.stream.resume();
  await channel.ended;
}
