/**
 * A shell pattern as Python's `fnmatch.translate` reads it: `*`, `?`, `[abc]`, `[a-f]`, `[!abc]`.
 * The whole text must match.
 */
export function glob(pattern: string): RegExp {
  const chars = [...pattern];
  let out = '';
  for (let i = 0; i < chars.length; i++) {
    const c = chars[i] ?? '';
    if (c === '*') out += out.endsWith('.*') && !out.endsWith('\\.*') ? '' : '.*';
    else if (c === '?') out += '.';
    else if (c !== '[') out += literal(c);
    else {
      const end = closing(chars, i + 1);
      if (end < 0) out += '\\[';
      else {
        out += set(chars.slice(i + 1, end));
        i = end;
      }
    }
  }
  return new RegExp(`^${out}$`, 'su');
}

/** Index of the closing bracket; a leading `]` belongs to the set. */
function closing(chars: readonly string[], start: number): number {
  let i = start;
  if (chars[i] === '!') i++;
  if (chars[i] === ']') i++;
  return chars.indexOf(']', i);
}

function set(stuff: readonly string[]): string {
  const negated = stuff[0] === '!';
  const members = negated ? stuff.slice(1) : stuff;
  let out = '';
  for (let i = 0; i < members.length; i++) {
    const [from = '', dash, to] = members.slice(i, i + 3);
    if (dash !== '-' || to === undefined) {
      out += literal(from);
      continue;
    }
    // A reversed range is empty.
    if ((from.codePointAt(0) ?? 0) <= (to.codePointAt(0) ?? 0)) out += `${literal(from)}-${literal(to)}`;
    i += 2;
  }
  if (out === '') return negated ? '.' : '(?!)';
  return `[${negated ? '^' : ''}${out}]`;
}

function literal(c: string): string {
  return /[\p{L}\p{N}_]/u.test(c) ? c : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`;
}
