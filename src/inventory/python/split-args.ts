/** The text has unclosed quotes or Jinja blocks. */
export class UnbalancedError extends Error {}

const BLOCKS = [
  ['{{', '}}'],
  ['{%', '%}'],
  ['{#', '#}'],
] as const;

/**
 * Splits at spaces, but not within quotes or Jinja blocks. Quotes are kept.
 * Source: split_args in ansible/parsing/splitter.py
 * @throws UnbalancedError
 */
export function splitArgs(text: string): string[] {
  const params: string[] = [];
  const depths = [0, 0, 0];
  let quote: string | undefined;
  const append = (more: string): void => {
    params.push((params.pop() ?? '') + more);
  };
  const lines = text.split('\n');
  for (const [n, line] of lines.entries()) {
    const tokens = line.split(' ');
    let continued = false;
    for (const [i, token] of tokens.entries()) {
      if (token === '' && i !== 0) {
        append(' ');
        continue;
      }
      if (token === '\\' && quote === undefined) {
        continued = true;
        continue;
      }
      const wasQuoted = quote !== undefined;
      quote = quoteAfter(token, quote);
      let appended = false;
      const inBlock = depths.some((d) => d > 0);
      if (quote !== undefined && !wasQuoted && !inBlock) {
        params.push(token);
        appended = true;
      } else if (inBlock || quote !== undefined || wasQuoted) {
        append(i === 0 && wasQuoted ? token : tokens.length > 1 ? `${i > 0 ? ' ' : ''}${token}` : `\n${token}`);
        appended = true;
      }
      for (const [b, [open, close]] of BLOCKS.entries()) {
        const before = depths[b] ?? 0;
        const change = token.split(open).length - token.split(close).length;
        const depth = Math.max(0, before + change);
        depths[b] = depth;
        if (depth !== before && !appended) {
          params.push(token);
          appended = true;
        }
      }
      if (!depths.some((d) => d > 0) && quote === undefined && !appended && token !== '') params.push(token);
    }
    if (lines.length > 1 && n !== lines.length - 1 && !continued) append('\n');
  }
  if (quote !== undefined) throw new UnbalancedError(`the quote ${quote} is not closed`);
  if (depths.some((d) => d > 0)) throw new UnbalancedError('a {{ is not closed');
  return params;
}

function quoteAfter(token: string, before: string | undefined): string | undefined {
  let quote = before;
  for (let i = 0; i < token.length; i++) {
    const c = token[i];
    if ((c !== '"' && c !== "'") || token[i - 1] === '\\') continue;
    if (quote === undefined) quote = c;
    else if (quote === c) quote = undefined;
  }
  return quote;
}

const ESCAPE = /\\(?:U([a-fA-F0-9]{8})|u([a-fA-F0-9]{4})|x([a-fA-F0-9]{2})|([\\'"abfnrtv]))/g;
const CHARACTERS: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

export function decodeEscapes(text: string): string {
  return text.replaceAll(ESCAPE, (whole, long?: string, u?: string, x?: string, c?: string) => {
    if (c !== undefined) return CHARACTERS[c] ?? c;
    const code = Number.parseInt(long ?? u ?? x ?? '', 16);
    return code > 0x10ffff ? whole : String.fromCodePoint(code);
  });
}

/** Without the quotes around it. Source: ansible/parsing/quoting.py */
export function unquote(text: string): string {
  const quoted = text.length > 1 && text[0] === text.at(-1) && (text[0] === '"' || text[0] === "'") && text.at(-2) !== '\\';
  return quoted ? text.slice(1, -1) : text;
}
