import { PyOther, type PyValue, pyFloat, pyInt } from '../model/python-values.js';
import { floatText } from './text.js';

/** The text is not a Python literal: it is used verbatim. */
export class NotALiteral extends Error {}

/** One for all: thousands of values are not literals, and each stack trace costs time. */
export const NOT_A_LITERAL = new NotALiteral();

/** Digits with single underscores between them. */
const DIGITS = '\\d(?:_?\\d)*';
export const NUMBER = new RegExp(
  `(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?)[jJ]?`,
  'y',
);
export const WORD = /(?:True|False|None|\.\.\.|set\(\s*\))(?![\p{L}\p{N}_])/uy;
export const STRING =
  /([uU]|[rR]|[bB]|[bB][rR]|[rR][bB])?(?:'''((?:[^\\]|\\[\s\S])*?)'''|"""((?:[^\\]|\\[\s\S])*?)"""|'((?:[^'\\\n\r]|\\[\s\S])*)'|"((?:[^"\\\n\r]|\\[\s\S])*)")/y;
const ESCAPE = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([xuUN])|\r?\n|(.))/g;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
/** Python refuses longer numbers. */
const MOST_DIGITS = 4300;

/** @throws NotALiteral for an escape that Python refuses. */
export function unescapeString(text: string, bytes: boolean): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(
    ESCAPE,
    (
      whole,
      octal: string | undefined,
      x: string | undefined,
      u: string | undefined,
      long: string | undefined,
      broken: string | undefined,
      c: string | undefined,
    ) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & (bytes ? 0xff : 0x1ff));
      if (bytes && x === undefined && (u ?? long ?? broken) !== undefined) {
        if (broken === 'x') throw NOT_A_LITERAL;
        return whole;
      }
      const hex = x ?? u ?? long;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        if (code > 0x10ffff) throw NOT_A_LITERAL;
        return String.fromCodePoint(code);
      }
      if (broken !== undefined) throw NOT_A_LITERAL;
      // A backslash at the end of a line joins it with the next.
      return c === undefined ? '' : (ESCAPES[c] ?? whole);
    },
  );
}

/** A complex number, which JSON does not have: it can only be printed as `repr` does. */
export function complex(real: number, imaginary: number): PyOther {
  const [re, im] = [real, imaginary].map((part) => floatText(part).replace(/\.0$/, '')) as [string, string];
  return new PyOther('complex', Object.is(real, 0) ? `${im}j` : `(${re}${im.startsWith('-') ? '' : '+'}${im}j)`);
}

/** Its second part, where the first is 0. */
export function imaginaryOf(value: PyOther): number {
  const text = value.text.slice(0, -1);
  return text === 'inf' ? Number.POSITIVE_INFINITY : Number(text);
}

/** @throws NotALiteral for what only looks like a number. */
export function toNumber(text: string): PyValue {
  if (/[jJ]$/.test(text)) return complex(0, Number(text.slice(0, -1)));
  if (/^0[xob]/i.test(text)) return pyInt(BigInt(text.toLowerCase()));
  if (/[.eE]/.test(text)) return pyFloat(Number(text));
  // 007 is not a number in Python.
  if ((text.startsWith('0') && !/^0+$/.test(text)) || text.length > MOST_DIGITS) throw NOT_A_LITERAL;
  return pyInt(BigInt(text));
}
