import { JsonView } from './json.js';
import { PlainView } from './plain.js';
import { TerminalView } from './terminal.js';
import type { View, ViewOptions } from './view.js';

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
