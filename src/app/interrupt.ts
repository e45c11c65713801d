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
 * A terminal that closes (SIGHUP) stops nothing: the run goes on without it. What it says stands in the journal, and SIGTERM
 * stops it.
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
  const onHangUp = (): void => {
    for (const stream of [process.stdout, process.stderr]) stream.on('error', ignore);
    tell(`The terminal was closed: the run goes on without it. \`kill ${process.pid}\` stops it.`);
  };
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

/** Writing to a terminal that is gone fails, and that is all right. */
function ignore(): void {}
