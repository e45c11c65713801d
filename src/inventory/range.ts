/**
 * Host ranges: `www[01:50]`, `db-[a:f]`, `n[0:10:2]`, several in one name. Zeros in front give the width.
 * @throws RangeError with the reason.
 */
export function expandRange(pattern: string): string[] {
  const match = /^(.*?)\[([^\]]*:[^\]]*)\](.*)$/.exec(pattern);
  if (!match) return [pattern];
  const [, head = '', body = '', tail = ''] = match;
  const [first = '', last = '', stepText = '1'] = body.split(':');
  const step = Number(stepText);
  if (!Number.isInteger(step) || step < 1) throw new RangeError(`the step ${stepText} is not a positive number`);
  return values(first === '' ? '0' : first, last, step).flatMap((v) => expandRange(tail).map((t) => head + v + t));
}

function values(first: string, last: string, step: number): string[] {
  if (/^\d+$/.test(first) && /^\d+$/.test(last)) {
    const width = first.length > 1 && first.startsWith('0') ? first.length : 0;
    if (width > 0 && first.length !== last.length) throw new RangeError('both ends must have the same number of digits');
    return series(Number(first), Number(last), step).map((n) => String(n).padStart(width, '0'));
  }
  if (/^[A-Za-z]$/.test(first) && /^[A-Za-z]$/.test(last)) {
    return series(first.charCodeAt(0), last.charCodeAt(0), step).map((n) => String.fromCharCode(n));
  }
  throw new RangeError(`${first}:${last} are neither two numbers nor two letters`);
}

function series(from: number, to: number, step: number): number[] {
  if (to < from) throw new RangeError('the end lies before the beginning');
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}
