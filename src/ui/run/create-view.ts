import { isTerminal } from '../live/live-region.js';
import { JsonView } from './json.js';
import { PlainView } from './plain.js';
import type { View, ViewOptions } from './view.js';

/** `terminal` falls back to `plain` if stdout is not a terminal that can move its cursor. Only what draws is loaded. */
export async function createView(kind: 'terminal' | 'plain' | 'json', o: ViewOptions): Promise<View> {
  if (kind === 'json') return new JsonView(o);
  if (kind === 'terminal' && isTerminal(o.stdout, o.term)) {
    const { TerminalView } = await import('./terminal.js');
    return new TerminalView(o, o.stdout);
  }
  return new PlainView(o);
}
