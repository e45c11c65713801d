import type { KubewrightError } from '../../base/errors.js';
import { escapeLine } from '../../base/escape.js';
import { count, duration } from '../../base/text/format.js';
import { formatLabelled, lookOf } from '../../base/text/render-error.js';
import { columnsOf } from '../../base/text/width.js';
import type { Check, PairResult } from './model.js';

export interface Report {
  readonly checks: readonly Check[];
  readonly pairs: readonly PairResult[];
  readonly nodes: number;
  readonly ms: number;
  readonly unreachable: ReadonlyMap<string, KubewrightError>;
  /** What could not be removed from the cluster. */
  readonly left: readonly string[];
}

/** A table, a paragraph for each failure, and the sum. */
export function printReport(r: Report): void {
  for (const line of tableOf(r.checks)) process.stdout.write(`${line}\n`);
  const look = lookOf(process.stdout);
  const tell = (parts: Parameters<typeof formatLabelled>[1]): void =>
    void process.stdout.write(`${formatLabelled('error', parts, look)}\n`);
  for (const check of r.checks) {
    for (const { node, what, why, fix } of check.failures)
      tell({ where: node, what: `${check.title}: ${escapeLine(what)}`, why: why && escapeLine(why), fix });
  }
  for (const error of r.unreachable.values()) tell(error.parts);
  for (const what of r.left)
    tell({ what, fix: 'The next run of kubewright verify removes it once it has expired, or remove it with kubectl' });
  process.stdout.write(`${sumOf(r)}\n`);
}

export function tableOf(checks: readonly Check[]): string[] {
  const rows = [
    ['check', 'result', 'passed', 'what'],
    ...checks.map((c) => [
      c.title,
      c.result === 'failed' ? 'FAILED' : c.result,
      c.result === 'skipped' ? '-' : `${c.passed} of ${c.total}`,
      c.note,
    ]),
  ];
  const width = (i: number): number => Math.max(...rows.map((row) => columnsOf(row[i] ?? '')));
  const pad = (text: string, i: number): string => text + ' '.repeat(width(i) - columnsOf(text));
  return rows.map((row) =>
    row
      .map((text, i) => (i === 3 ? escapeLine(text) : pad(text, i)))
      .join('  ')
      .trimEnd(),
  );
}

function sumOf({ checks, nodes, ms, unreachable }: Report): string {
  const n = (result: Check['result']): number => checks.filter((c) => c.result === result).length;
  const hosts = unreachable.size > 0 ? `, ${count(unreachable.size, 'host')} not reached` : '';
  return `${count(nodes, 'node')} in ${duration(ms)}: ${n('ok')} ok, ${n('failed')} failed, ${n('skipped')} skipped${hosts}`;
}

/** A single JSON document. */
export function reportJson({ checks, pairs, nodes, ms, unreachable, left }: Report): string {
  return JSON.stringify({
    schema: 1,
    ok: checks.every((c) => c.result !== 'failed') && unreachable.size === 0,
    nodes,
    ms: Math.round(ms),
    checks,
    failedPairs: pairs.filter((p) => p.state !== 'ok'),
    unreachable: [...unreachable].map(([host, { parts }]) => ({ host, what: parts.what, why: parts.why, fix: parts.fix })),
    left,
  });
}

/** 1: a check failed; 3: all passed, but a host could not be reached. */
export function exitCodeOf({ checks, unreachable, left }: Report): number {
  if (left.length > 0 || checks.some((c) => c.result === 'failed')) return 1;
  return unreachable.size > 0 ? 3 : 0;
}
