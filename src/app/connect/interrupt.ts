import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

export interface Interruptions {
  /** Aborted by the first Ctrl-C: running tasks end, nothing more is started. */
  readonly stop: AbortSignal;
  /** Aborted by the second one: running tasks are killed too. */
  readonly kill: AbortSignal;
  /** Gives Ctrl-C back. */
  done(): void;
}

/**
 * Ctrl-C (and SIGTERM) in three steps: running tasks are finished and nothing more is started; running tasks are killed on
 * their machines too; this process ends at once.
 *
 * A terminal that closes (SIGHUP), and a reader of our output that ends, stop nothing: the run goes on without them. What it says
 * stands in the journal, and SIGTERM stops it. Nor does a full disk under our output, which is told once.
 */
export function interruptions(tell: (text: string) => void): Interruptions {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = (): void => {
    if (!stop.signal.aborted) {
      tell('Interrupted: running tasks are finished, nothing more is started. Once more stops them too.');
      stop.abort();
    } else if (!kill.signal.aborted) {
      tell('Interrupted again: running tasks are stopped.');
      kill.abort();
    } else process.exit(130);
  };
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  const onHangUp = (): void => {
    leave(terminals.splice(0));
    tell(`The terminal was closed: the run goes on without it. \`kill ${process.pid}\` stops it.`);
  };
  // A write may find the terminal gone before the signal comes, and what is said after the run fails likewise. In place of
  // oclif's, which throws.
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error').on('error', onWriteError(stream));
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onHangUp);
  return {
    stop: stop.signal,
    kill: kill.signal,
    done: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      process.off('SIGHUP', onHangUp);
    },
  };
}

const READER_GONE = ['EIO', 'EPIPE', 'ERR_STREAM_DESTROYED'];

/** Nobody reads any more, and that is all right. What does not fit onto a disk is missed there: it is said where it still can be. */
function onWriteError(stream: NodeJS.WritableStream): (error: NodeJS.ErrnoException) => void {
  let told = stream === process.stderr;
  return (error) => {
    if (told || READER_GONE.includes(error.code ?? '')) return;
    told = true;
    process.stderr.write(`Warning: what this run says could not all be written: ${error.message}. The run goes on\n`);
  };
}

/** Node.js puts terminals back as they were when it ends, and aborts where they are gone (node::ResetStdio); not so with others. */
function leave(terminals: readonly number[]): void {
  for (const fd of terminals) {
    closeSync(fd);
    // The lowest free number: the same.
    openSync('/dev/null', 'r+');
  }
}
