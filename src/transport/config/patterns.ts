/**
 * OpenSSH's patterns: `*` any text, `?` one character. Source: ssh_config(5), PATTERNS.
 *
 * Not `glob` of base: brackets are literal here, as in `[host]:2222`.
 */
export function matchPattern(text: string, pattern: string): boolean {
  let t = 0;
  let p = 0;
  // Where to continue when what follows the last star does not match.
  let starAt = -1;
  let starText = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      starAt = p++;
      starText = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (starAt !== -1) {
      p = starAt + 1;
      t = ++starText;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** A list with commas; a `!` pattern that matches rejects the whole list. */
export function matchPatternList(text: string, list: string, ignoreCase = false): boolean {
  const subject = ignoreCase ? text.toLowerCase() : text;
  let found = false;
  for (const item of list.split(',')) {
    const negated = item.startsWith('!');
    const pattern = negated ? item.slice(1) : item;
    if (!matchPattern(subject, ignoreCase ? pattern.toLowerCase() : pattern)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}
