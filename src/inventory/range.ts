/** Order of letters in a range: Python's string.ascii_letters, so `[y:B]` is y, z, A, B. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** A range is never meant to be longer; a slip such as [1:99999999] must not eat the memory. */
const MOST = 65_536;

/**
 * Host ranges: `www[01:50]`, `db-[a:f]`, `n[0:10:2]`, several in one name. Zeros in front give the width.
 * @throws RangeError with the reason.
 */
export function expandRange(pattern: string): string[] {
  const match = /^(.*?)\[([^\]]*:[^\]]*)\](.*)$/.exec(pattern);
  if (!match) return [pattern];
  const [, head = '', body = '', tail = ''] = match;
  const [first = '', last = '', stepText = '1', ...more] = body.split(':');
  if (more.length > 0) throw new RangeError(`${body} has more than a beginning, an end and a step`);
  const step = Number(stepText);
  if (!/^\d+$/.test(stepText) || step < 1) throw new RangeError(`the step ${stepText} is not a positive number`);
  const here = values(first === '' ? '0' : first, last, step);
  const rest = expandRange(tail);
  if (here.length * rest.length > MOST) throw new RangeError(`these are more than ${MOST} hosts`);
  return here.flatMap((v) => rest.map((t) => head + v + t));
}

function values(first: string, last: string, step: number): string[] {
  if (/^\d+$/.test(first) && /^\d+$/.test(last)) {
    const width = first.length > 1 && first.startsWith('0') ? first.length : 0;
    if (width > 0 && first.length !== last.length) throw new RangeError('both ends must have the same number of digits');
    return series(Number(first), Number(last), step).map((n) => String(n).padStart(width, '0'));
  }
  if (/^[A-Za-z]$/.test(first) && /^[A-Za-z]$/.test(last)) {
    return series(LETTERS.indexOf(first), LETTERS.indexOf(last), step).map((n) => LETTERS.charAt(n));
  }
  throw new RangeError(`${first}:${last} are neither two numbers nor two letters`);
}

function series(from: number, to: number, step: number): number[] {
  if (to < from) throw new RangeError('the end lies before the beginning');
  const length = Math.floor((to - from) / step) + 1;
  if (length > MOST) throw new RangeError(`these are more than ${MOST} hosts`);
  return Array.from({ length }, (_, i) => from + i * step);
}
