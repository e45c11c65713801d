import type { RunEvent } from '../../engine/events.js';
import { JsonView } from './json.js';
import { PlainView } from './plain.js';
import { TerminalView } from './terminal.js';

/** Reads the event stream of a run; never schedules anything. */
export interface View {
  event(e: RunEvent): void;
  /** Everything is written. Call it once, after the run. */
  end(): Promise<void>;
}

export interface ViewOptions {
  readonly stdout: NodeJS.WriteStream | NodeJS.WritableStream;
  readonly stderr: NodeJS.WriteStream | NodeJS.WritableStream;
  /** 0: what changed or failed; 1: every task; 2: the tasks' output as well. */
  readonly verbosity: number;
  readonly color: boolean;
  /** Kind of terminal; default $TERM. */
  readonly term?: string;
}

/** `terminal` falls back to `plain` where stdout is no terminal, or one that cannot move its cursor. */
export function createView(kind: 'terminal' | 'plain' | 'json', o: ViewOptions): View {
  if (kind === 'json') return new JsonView(o);
  const moves = (o.term ?? process.env.TERM) !== 'dumb';
  if (kind === 'terminal' && moves && isTerminal(o.stdout)) return new TerminalView(o, o.stdout);
  return new PlainView(o);
}

function isTerminal(stream: ViewOptions['stdout']): stream is NodeJS.WriteStream {
  return 'isTTY' in stream && stream.isTTY === true;
}
