import type { LabProgress } from '../../provider.js';
import { type Row, uiText } from './cli.js';

/** Vagrant's housekeeping, which is not about a machine. */
const NOISE = /^(Running (action )?trigger|Clearing any previously set|You assigned a static IP|Machine already provisioned)/;

/** A line as progress for the user; undefined: nothing new. */
export function progressOf(row: Row): LabProgress | undefined {
  if (row.type === 'action' && row.data[0] === 'up' && row.data[1] === 'end') return { stage: row.target, text: 'is up' };
  if (row.type !== 'ui' || row.data[0] === 'detail') return undefined;
  const text = uiText(row).split('\n')[0] ?? '';
  if (row.target === '') {
    const begun = /^Bringing machine '(.+?)' up with '(.+?)' provider/.exec(text);
    return begun ? { stage: begun[1] ?? '', text: `starting with ${begun[2]}` } : undefined;
  }
  if (text === '' || NOISE.test(text)) return undefined;
  return { stage: row.target, text: shorter(text) };
}

function shorter(text: string): string {
  const missing = /^Box '(.+?)' could not be found/.exec(text);
  if (missing) return `getting the box ${missing[1]}`;
  return text.replace(/\.{3,}$/, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

/** How far each machine got in one `vagrant up`. */
export interface Outcome {
  readonly up: readonly string[];
  readonly failed: readonly string[];
  /** Vagrant had not started them yet. */
  readonly untouched: readonly string[];
  /** The last action of each machine. */
  readonly last: ReadonlyMap<string, string>;
}

export function outcomeOf(names: readonly string[], rows: readonly Row[]): Outcome {
  const action = (step: string) =>
    new Set(rows.filter((r) => r.type === 'action' && r.data[0] === 'up' && r.data[1] === step).map((r) => r.target));
  const [started, ended] = [action('start'), action('end')];
  const last = new Map<string, string>();
  for (const row of rows) {
    const step = row.target !== '' && row.data[0] !== 'error' ? progressOf(row) : undefined;
    if (step) last.set(step.stage, step.text);
  }
  return {
    up: names.filter((n) => ended.has(n)),
    failed: names.filter((n) => started.has(n) && !ended.has(n)),
    untouched: names.filter((n) => !started.has(n)),
    last,
  };
}
