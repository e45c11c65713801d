import { parse } from 'ini';
import type { HostFacts } from './facts.js';

/**
 * Characters that mean something else to INI than to a shell, in private-use code points while `ini` splits the lines.
 * Left as they are, `'22.10'` would become the number 22.1, `"a \$b"` would keep its quotes and `"a; b"` would end at the semicolon.
 */
const PROTECTED = '\\"\';#';
const FIRST = 0xe000;

/** What a system calls itself, from the text of its os-release(5). Missing fields are empty. */
export function parseOsRelease(text: string): HostFacts['os'] {
  const fields = parseShellVariables(text);
  const id = fields.get('ID') ?? '';
  return {
    id,
    like: [id, ...(fields.get('ID_LIKE') ?? '').split(/\s+/)].filter((s) => s !== ''),
    version: fields.get('VERSION_ID') ?? '',
    pretty: fields.get('PRETTY_NAME') ?? '',
  };
}

/** The assignments of os-release(5): INI without sections, whose values are quoted as in a shell. */
export function parseShellVariables(text: string): Map<string, string> {
  const entries = Object.entries(parse(protect(text))).filter(
    ([key, v]) => /^[A-Za-z_]\w*$/.test(key) && (v === null || typeof v !== 'object'),
  );
  return new Map(entries.map(([key, value]) => [key, unquote(expose(String(value)))]));
}

function protect(text: string): string {
  return text.replaceAll(/[\\"']|(?<=[^\s][^\n]*)[;#]/g, (c) => String.fromCharCode(FIRST + PROTECTED.indexOf(c)));
}

function expose(value: string): string {
  return [...value].map((c) => PROTECTED[c.charCodeAt(0) - FIRST] ?? c).join('');
}

/** The value of the first word, as a shell reads it; `$` and backquotes are left alone. */
function unquote(value: string): string {
  let out = '';
  for (const [, single, double, escaped, plain] of value.matchAll(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|([^\s'"\\])|(?:\s.*$)/g)) {
    out += single ?? double?.replaceAll(/\\([$`"\\])/g, '$1') ?? escaped ?? plain ?? '';
  }
  return out;
}
