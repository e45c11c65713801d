/** Order of letters in a range: Python's string.ascii_letters, so `[y:B]` is y, z, A, B. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Longer ranges are typing errors: [1:99999999] must not exhaust the memory. */
const MOST = 100_000;

/**
 * Host ranges: `www[01:50]`, `db-[a:f]`, `n[0:10:2]`, several in one name. Leading zeros give the width.
 * Source: expand_hostname_range in ansible/plugins/inventory/__init__.py, its oddities included.
 * @throws RangeError with the reason.
 */
export function expandRange(pattern: string): string[] {
  const names = pattern.includes('[') ? expand(pattern, MOST) : [pattern];
  if (names.length > MOST) throw new RangeError(`it has more than ${MOST} hosts`);
  return names;
}

function expand(pattern: string, most: number): string[] {
  // Ansible replaces the first bracket of each kind and splits at |.
  const parts = pattern.replace('[', '|').replace(']', '|').split('|');
  const [head, body, tail] = parts;
  if (parts.length !== 3 || head === undefined || body === undefined || tail === undefined)
    throw new RangeError(pattern.includes(']') ? 'there is a | in the name' : 'the bracket is not closed');
  const out: string[] = [];
  for (const value of values(body)) {
    const name = head + value + tail;
    if (name.includes('[')) for (const n of expand(name, most - out.length)) out.push(n);
    else out.push(name);
    if (out.length > most) throw new RangeError(`it has more than ${MOST} hosts`);
  }
  return out;
}

function values(body: string): string[] {
  const bounds = body.split(':');
  if (bounds.length !== 2 && bounds.length !== 3) throw new RangeError(`${body} is not a start, an end and an optional step`);
  const [from = '', end = '', step = '1'] = bounds;
  const begin = from === '' ? '0' : from;
  if (end === '') throw new RangeError('the end is missing');
  const width = begin.length > 1 && begin.startsWith('0') ? begin.length : 0;
  if (width > 0 && begin.length !== end.length) throw new RangeError('both ends must have the same number of digits');
  const letters = width === 0 ? letterRange(begin, end, step) : undefined;
  return letters ?? numbers(whole(begin), whole(end), whole(step)).map((n) => zeros(n, width));
}

/** A range of letters; undefined: it is not one. */
function letterRange(begin: string, end: string, stepText: string): string[] | undefined {
  const [first, last] = [LETTERS.indexOf(begin), LETTERS.indexOf(end)];
  if (first < 0 || last < 0) return undefined;
  if (first > last) throw new RangeError('the end comes before the start');
  const step = whole(stepText);
  if (step === 0) throw new RangeError('the step must not be 0');
  if (step < 0) return [];
  const out: string[] = [];
  for (let i = first; i <= last; i += step) out.push(LETTERS.charAt(i));
  return out;
}

/** Python's `range(first, last + 1, step)`: one that runs backwards is empty. */
function numbers(first: number, last: number, step: number): number[] {
  if (step === 0) throw new RangeError('the step must not be 0');
  const length = Math.max(0, Math.ceil((last + 1 - first) / step));
  if (length > MOST) throw new RangeError(`it has more than ${MOST} hosts`);
  return Array.from({ length }, (_, i) => first + i * step);
}

function whole(text: string): number {
  const value = Number(text.trim().replaceAll('_', ''));
  if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(text) || !Number.isSafeInteger(value))
    throw new RangeError(`${text} is not a whole number`);
  return value;
}

function zeros(n: number, width: number): string {
  return n < 0 ? `-${String(-n).padStart(width - 1, '0')}` : String(n).padStart(width, '0');
}
