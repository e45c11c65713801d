import { TemplateError } from '../values/values.js';

/**
 * Python's regular expression as JavaScript's: named groups, \A, \Z, leading flags, and `$` that also matches before a last
 * line break. @throws TemplateError if it is invalid, or uses what only Python has.
 */
export function pattern(source: string, o: { readonly ignorecase?: boolean; readonly multiline?: boolean }): RegExp {
  let flags = `u${o.ignorecase ? 'i' : ''}${o.multiline ? 'm' : ''}`;
  let rest = source;
  const leading = /^\(\?([aiLmsux]+)\)/.exec(rest);
  if (leading) {
    for (const f of leading[1] ?? '') if ('ims'.includes(f) && !flags.includes(f)) flags += f;
    rest = rest.slice(leading[0].length);
  }
  try {
    return new RegExp(translate(rest, flags.includes('m')), flags);
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    throw new TemplateError(`${source} is not a regular expression that Kubewright supports`);
  }
}

function translate(source: string, multiline: boolean): string {
  let out = '';
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const c = source[i] ?? '';
    const pair = source.slice(i, i + 2);
    if (c === '\\') {
      i++;
      out += inClass
        ? escapeInClass(pair)
        : pair === '\\A'
          ? '(?<![\\s\\S])'
          : pair === '\\Z'
            ? '(?![\\s\\S])'
            : escapePair(pair);
    } else if (inClass) {
      if (c === ']') inClass = false;
      out += c === '[' ? '\\[' : c;
    } else if (c === '[') {
      inClass = true;
      out += c;
      if (source[i + 1] === '^') out += source[++i];
      // A leading bracket is literal.
      if (source[i + 1] === ']') {
        out += '\\]';
        i++;
      }
    } else if (c === '$' && !multiline) out += '(?=\\n?(?![\\s\\S]))';
    else if (source.startsWith('(?P<', i)) {
      out += '(?<';
      i += 3;
    } else if (source.startsWith('(?P=', i)) {
      const end = source.indexOf(')', i);
      out += `\\k<${source.slice(i + 4, end)}>`;
      i = end;
    } else if (c === '{' && !/^\{\d+(,\d*)?\}|^\{,\d+\}/.test(source.slice(i))) out += '\\{';
    else if (source.startsWith('{,', i)) {
      out += '{0,';
      i++;
    } else if (c === '}' && !/\{\d*,?\d*$/.test(source.slice(0, i))) out += '\\}';
    else if (c === ']') out += '\\]';
    else out += c;
  }
  return out;
}

/** With the flag `u` only these may be escaped. */
function escapePair(pair: string): string {
  return /\\[\^$\\.*+?()[\]{}|/dDsSwWbBnrtfv0-9xu]/.test(pair) ? pair : pair.slice(1);
}

function escapeInClass(pair: string): string {
  return /\\[\^$\\.*+?()[\]{}|/\-dDsSwWbnrtfv0xu]/.test(pair) ? pair : pair.slice(1);
}

/** `re.sub`: `\1`, `\g<1>` and `\g<name>` in the replacement refer to groups. */
export function substitute(regex: RegExp, text: string, replacement: string): string {
  const named = regex.source.includes('(?<') && /\(\?<[A-Za-z_]/.test(regex.source);
  return text.replace(new RegExp(regex, regex.flags.includes('g') ? regex.flags : `${regex.flags}g`), (...all: unknown[]) => {
    const groups = (named ? all.at(-1) : {}) as Record<string, string | undefined>;
    const captures = all.slice(
      0,
      all.findIndex((a) => typeof a === 'number'),
    ) as (string | undefined)[];
    return replacement.replaceAll(
      /\\(?:g<(\w+)>|(\d{1,2})|([\s\S]))/g,
      (whole, name?: string, number?: string, other?: string) => {
        const key = name ?? number;
        if (key === undefined) return other === 'n' ? '\n' : other === 't' ? '\t' : other === '\\' ? '\\' : whole;
        if (/^\d+$/.test(key)) {
          if (Number(key) >= captures.length) throw new TemplateError(`the pattern has no group ${key}`);
          return captures[Number(key)] ?? '';
        }
        if (!(key in groups)) throw new TemplateError(`the pattern has no group ${key}`);
        return groups[key] ?? '';
      },
    );
  });
}
