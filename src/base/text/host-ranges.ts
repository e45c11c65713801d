import { columnsOf, cutTo } from './width.js';

/**
 * Names of hosts as ranges: `m11…m13-k8s, w101…w106-k8s`. Consecutive numbers in otherwise equal neighbouring names make a range; the
 * order stays that of the list.
 */
export function hostRanges(hosts: readonly string[]): string[] {
  const parts: string[] = [];
  let from = 0;
  let suffix = '';
  for (let i = 1; i <= hosts.length; i++) {
    const [previous, next] = [hosts[i - 1] ?? '', hosts[i]];
    const common = next === undefined ? undefined : commonSuffix(previous, next);
    if (common !== undefined) {
      suffix = common;
      continue;
    }
    const first = hosts[from] ?? '';
    if (i - from >= 3) parts.push(`${first.slice(0, first.length - suffix.length)}…${previous}`);
    else parts.push(...hosts.slice(from, i));
    from = i;
  }
  return parts;
}

/** The same as one text of at most `width` columns, with the number of hosts if there is more than one. */
export function hostsText(hosts: readonly string[], width = Number.POSITIVE_INFINITY): string {
  if (hosts.length <= 1) return cutTo(hosts[0] ?? 'no host', width);
  const parts = hostRanges(hosts);
  const tail = ` (${hosts.length})`;
  const whole = parts.join(', ') + tail;
  if (columnsOf(whole) <= width) return whole;
  let text = '';
  for (const part of parts) {
    const longer = text === '' ? part : `${text}, ${part}`;
    if (columnsOf(longer) + 3 + tail.length > width) break;
    text = longer;
  }
  return text === '' ? cutTo(`${hosts.length} hosts`, width) : `${text}, …${tail}`;
}

/** In the order of `all` rather than in the order in which they failed. */
export function inOrder(hosts: readonly string[], all: ReadonlyMap<string, number>): string[] {
  return hosts.toSorted((a, b) => (all.get(a) ?? 0) - (all.get(b) ?? 0));
}

/** What follows the number in two names that differ by one number, the second one more: `w101-k8s`, `w102-k8s` → `-k8s`. */
function commonSuffix(a: string, b: string): string | undefined {
  let start = 0;
  const shorter = Math.min(a.length, b.length);
  while (start < shorter && a[start] === b[start]) start++;
  // The common part may end within the number: 19 and 20.
  while (start > 0 && /\d/.test(a[start - 1] ?? '')) start--;
  const [, x = '', restA = ''] = /^(\d+)(.*)$/s.exec(a.slice(start)) ?? [];
  const [, y = '', restB = ''] = /^(\d+)(.*)$/s.exec(b.slice(start)) ?? [];
  if (x === '' || y === '' || restA !== restB) return undefined;
  const padded = x.startsWith('0') || y.startsWith('0');
  return Number(y) === Number(x) + 1 && (!padded || x.length === y.length) ? restA : undefined;
}
