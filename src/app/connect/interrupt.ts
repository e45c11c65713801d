import { setMaxListeners } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { InterruptedError } from '../../base/errors.js';
import { writeWarning } from '../../base/text/render-error.js';

export interface Interruptions {
  /** Aborted by the first Ctrl-C: running tasks finish, no more are started. */
  readonly stop: AbortSignal;
  /** Aborted by the second one: running tasks are killed. */
  readonly kill: AbortSignal;
  /** Restores the default handling of Ctrl-C. */
  done(): void;
}

/**
 * Ctrl-C (and SIGTERM) in three steps: running tasks finish and no more are started; running tasks are killed on their hosts;
 * this process exits at once.
 *
 * Neither a closed terminal (SIGHUP) nor a closed pipe stops the run: its output is in the journal, and SIGTERM stops it. Nor
 * does a full disk under the output, which is reported once.
 *
 * @param instead what is said at the first Ctrl-C where no task runs that would be waited for.
 */
export function interruptions(tell: (text: string) => void, instead: () => string | undefined = () => undefined): Interruptions {
  const stop = new AbortController();
  const kill = new AbortController();
  // Every host listens; from eleven on Node would suspect a leak.
  setMaxListeners(0, stop.signal, kill.signal);
  const onSignal = (): void => {
    if (!stop.signal.aborted) {
      tell(instead() ?? 'Interrupted: waiting for running tasks to finish. Press Ctrl-C again to stop them.');
      stop.abort();
    } else if (!kill.signal.aborted) {
      tell('Interrupted again: stopping running tasks.');
      kill.abort();
    } else process.exit(130);
  };
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  const onHangUp = (): void => {
    leave(terminals.splice(0));
    tell(`The terminal was closed; the run continues. To stop it: kill ${process.pid}`);
  };
  // A write may find the terminal gone before the signal comes, and later output fails likewise. This replaces oclif's
  // listener, which throws.
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

/** @throws InterruptedError while nothing has been changed. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InterruptedError({ what: 'Interrupted; nothing was changed' });
}

const READER_GONE = ['EIO', 'EPIPE', 'ERR_STREAM_DESTROYED'];

/** A closed pipe or terminal is fine. A full disk loses output, so stderr reports it once. */
function onWriteError(stream: NodeJS.WritableStream): (error: NodeJS.ErrnoException) => void {
  let reported = stream === process.stderr;
  return (error) => {
    if (reported || READER_GONE.includes(error.code ?? '')) return;
    reported = true;
    writeWarning({ what: 'Some output of this run was lost; the run continues', why: error.message });
  };
}

/** Node.js resets terminals at exit, and aborts if they are gone (node::ResetStdio); other files are left alone. */
function leave(terminals: readonly number[]): void {
  for (const fd of terminals) {
    closeSync(fd);
    // Takes the lowest free descriptor: the one just closed.
    openSync('/dev/null', 'r+');
  }
}
