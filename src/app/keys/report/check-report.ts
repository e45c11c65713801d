import { count } from '../../../base/text/format.js';
import type { PairResult } from '../actions/check.js';
import { say, shortened } from './report.js';

/** A table of all pairs is readable up to N hosts. */
const TABLE_UP_TO = 16;

/** One table if it is readable, else failures and counts. */
export function printPairs(pairs: readonly PairResult[], columns: number): void {
  const from = [...new Set(pairs.map((p) => p.from))];
  const to = [...new Set(pairs.map((p) => p.to))].sort((a, b) => order(from, a) - order(from, b));
  const failed = pairs.filter((p) => p.error !== undefined);
  const table = tableOf(pairs, from, to);
  if (to.length <= TABLE_UP_TO && table.every((l) => l.length <= columns)) for (const line of table) say(line);
  for (const line of failureLines(failed, from.length)) say(line);
  say(`${pairs.length - failed.length} of ${count(pairs.length, 'login')} succeeded`);
}

export function pairsJson(pairs: readonly PairResult[]): string {
  const failed = pairs.filter((p) => p.error !== undefined).length;
  return JSON.stringify({
    schema: 1,
    pairs: pairs.length,
    failed,
    results: pairs.map(({ from, to, error }) => ({
      from,
      to,
      ok: error === undefined,
      ...(error === undefined ? {} : { error }),
    })),
  });
}

function tableOf(pairs: readonly PairResult[], from: readonly string[], to: readonly string[]): string[] {
  const cells = new Map(pairs.map((p) => [`${p.from} ${p.to}`, p.error === undefined ? 'ok' : 'FAIL']));
  const first = Math.max('from \\ to'.length, ...from.map((n) => n.length));
  const row = (head: string, cell: (name: string) => string): string =>
    [head.padEnd(first), ...to.map((n) => cell(n).padEnd(Math.max(n.length, 4)))].join('  ').trimEnd();
  return [row('from \\ to', (n) => n), ...from.map((f) => row(f, (t) => (f === t ? '-' : (cells.get(`${f} ${t}`) ?? ''))))];
}

/** One line per pair; pairs that fail for the same reason at the same host share one. */
function failureLines(failed: readonly PairResult[], sources: number): string[] {
  const groups = new Map<string, PairResult[]>();
  for (const p of failed) {
    const key = `${p.to}\n${p.error}`;
    groups.set(key, [...(groups.get(key) ?? []), p]);
  }
  const few = failed.length <= 20;
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    if (few || group.length < 3) return group.map((p) => `${p.from} -> ${p.to}  FAILED: ${p.error}`);
    const who =
      group.length >= sources - 1
        ? `all ${group.length} hosts`
        : `${group.length} hosts (${shortened(
            group.map((p) => p.from),
            5,
          )})`;
    return [`${who} -> ${first.to}  FAILED: ${first.error}`];
  });
}

function order(names: readonly string[], name: string): number {
  const at = names.indexOf(name);
  return at === -1 ? names.length : at;
}
