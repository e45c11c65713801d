export interface Interruptions {
  /** Aborted by the first Ctrl-C: running tasks end, nothing more is started. */
  readonly stop: AbortSignal;
  /** Aborted by the second one: running tasks are killed too. */
  readonly kill: AbortSignal;
  /** Gives Ctrl-C back. */
  done(): void;
}

/** Ctrl-C (and a polite kill) as two steps. */
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
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    stop: stop.signal,
    kill: kill.signal,
    done: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
