import { isTerminal, type LiveStream } from '../live/live-region.js';
import { PlainStages } from './plain-stages.js';
import type { StageView } from './stage-view.js';

export interface StageViewOptions {
  readonly stderr: LiveStream & { readonly isTTY?: boolean };
  /** Lines now and then, even on a terminal. */
  readonly plain?: boolean;
  /** Kind of terminal; default $TERM. */
  readonly term?: string;
  /** Milliseconds since the epoch; for tests. */
  readonly clock?: () => number;
}

/** One line that is rewritten; off a terminal one line every 10 s. Only what draws is loaded. */
export async function createStageView(o: StageViewOptions): Promise<StageView> {
  if (o.plain || !isTerminal(o.stderr, o.term)) return new PlainStages(o.stderr, o.clock);
  const { LiveStages } = await import('./live-stages.js');
  return new LiveStages(o.stderr, o.clock);
}
