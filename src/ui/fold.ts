/**
 * Names of hosts as people say them: `m11…m13, w101…w106`. Neighbours that differ by one number that goes up by one are a range;
 * the order stays that of the list.
 */
export function foldHosts(hosts: readonly string[]): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let i = 1; i <= hosts.length; i++) {
    const [previous, next] = [hosts[i - 1] ?? '', hosts[i]];
    if (next !== undefined && follows(previous, next)) continue;
    const size = i - from;
    if (size >= 3) parts.push(`${hosts[from]}…${previous}`);
    else parts.push(...hosts.slice(from, i));
    from = i;
  }
  return parts;
}

/** The same as one text of at most `width` characters, with the number of hosts when there is more than one. */
export function hostsText(hosts: readonly string[], width = Number.POSITIVE_INFINITY): string {
  if (hosts.length <= 1) return cut(hosts[0] ?? 'no host', width);
  const parts = foldHosts(hosts);
  const tail = ` (${hosts.length})`;
  const whole = parts.join(', ') + tail;
  if (whole.length <= width) return whole;
  let text = '';
  for (const part of parts) {
    const longer = text === '' ? part : `${text}, ${part}`;
    if (longer.length + 3 + tail.length > width) break;
    text = longer;
  }
  return text === '' ? cut(`${hosts.length} hosts`, width) : `${text}, …${tail}`;
}

/** At most `width` characters; what is left out shows as `…`. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 0 ? '' : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** `w101-k8s`, `w102-k8s`: one number, of the same width, one more. */
function follows(a: string, b: string): boolean {
  let start = 0;
  const shorter = Math.min(a.length, b.length);
  while (start < shorter && a[start] === b[start]) start++;
  // The common part may end within the number: 19 and 20.
  while (start > 0 && /\d/.test(a[start - 1] ?? '')) start--;
  const [, x = '', restA = ''] = /^(\d+)(.*)$/s.exec(a.slice(start)) ?? [];
  const [, y = '', restB = ''] = /^(\d+)(.*)$/s.exec(b.slice(start)) ?? [];
  if (x === '' || y === '' || restA !== restB) return false;
  const padded = x.startsWith('0') || y.startsWith('0');
  return Number(y) === Number(x) + 1 && (!padded || x.length === y.length);
}
