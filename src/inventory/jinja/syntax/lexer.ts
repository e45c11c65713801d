import { TemplateError } from '../values/values.js';

export interface Token {
  readonly type: 'name' | 'int' | 'float' | 'string' | 'op';
  readonly text: string;
}

/** A template in pieces: text, `{{ … }}` and `{% … %}`. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print' | 'block'; readonly tokens: readonly Token[] };

const OPEN = /\{\{|\{%|\{#/g;
const RAW = /\{%([-+]?)\s*raw\s*(-?)%\}([\s\S]*?)\{%([-+]?)\s*endraw\s*([-+]?)%\}/y;
const SPACE = /\s+/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const FLOAT = /\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?[eE][+-]?\d+(?:_\d+)*|\d+(?:_\d+)*\.\d+(?:_\d+)*/y;
const INT = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|\d+(?:_\d+)*/y;
const STRING = /'((?:[^'\\]|\\[\s\S])*)'|"((?:[^"\\]|\\[\s\S])*)"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}<>=.,:|;]/y;
const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** Could this hold a template? Ansible asks the same. */
export function isTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%') || text.includes('{#');
}

/**
 * Cuts a template into pieces with Ansible's settings of Jinja: `trim_blocks` on, `lstrip_blocks` off.
 * @throws TemplateError for unclosed blocks and for characters that expressions do not have.
 */
export function lex(source: string): Piece[] {
  const text = source.replaceAll(/\r\n|\r/g, '\n').replace(/\n$/, '');
  const pieces: Piece[] = [];
  let at = 0;
  let strip = false;
  const push = (raw: string): void => {
    const s = strip ? raw.trimStart() : raw;
    strip = false;
    if (s !== '') pieces.push({ kind: 'text', text: s });
  };
  for (;;) {
    OPEN.lastIndex = at;
    const open = OPEN.exec(text);
    if (!open) {
      push(text.slice(at));
      return pieces;
    }
    const before = text.slice(at, open.index);
    const trimsBefore = text[open.index + 2] === '-';
    push(trimsBefore ? before.trimEnd() : before);
    RAW.lastIndex = open.index;
    const raw = RAW.exec(text);
    if (raw) {
      const [, , afterOpen, body = '', beforeClose, afterClose] = raw;
      const cut = afterOpen === '-' ? body.trimStart() : body.replace(/^\n/, '');
      push(beforeClose === '-' ? cut.trimEnd() : cut);
      at = RAW.lastIndex;
      if (afterClose === '-') strip = true;
      else if (afterClose !== '+' && text[at] === '\n') at++;
      continue;
    }
    const sign = /[-+]/.test(text[open.index + 2] ?? '') ? 1 : 0;
    if (open[0] === '{#') {
      const end = text.indexOf('#}', open.index + 2);
      if (end < 0) throw new TemplateError('a comment {# is not closed with #}');
      at = end + 2;
      if (text[end - 1] === '-') strip = true;
      else if (text[end - 1] !== '+' && text[at] === '\n') at++;
      continue;
    }
    const kind = open[0] === '{{' ? 'print' : 'block';
    const { tokens, end, trims } = tokenize(text, open.index + 2 + sign, kind);
    pieces.push({ kind, tokens });
    at = end;
    if (trims === '-') strip = true;
    else if (kind === 'block' && trims !== '+' && text[at] === '\n') at++;
  }
}

function tokenize(text: string, start: number, kind: 'print' | 'block'): { tokens: Token[]; end: number; trims: string } {
  const close = kind === 'print' ? '}}' : '%}';
  const tokens: Token[] = [];
  const open: string[] = [];
  let at = start;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(SPACE);
    if (at >= text.length) throw new TemplateError(`${kind === 'print' ? '{{' : '{%'} is not closed with ${close}`);
    if (open.length === 0) {
      const sign = /[-+]/.test(text[at] ?? '') && text.startsWith(close, at + 1) ? (text[at] ?? '') : '';
      if (text.startsWith(close, at + sign.length)) return { tokens, end: at + sign.length + 2, trims: sign };
    }
    const name = take(NAME);
    if (name) {
      tokens.push({ type: 'name', text: name[0] });
      continue;
    }
    const number = take(FLOAT);
    if (number) {
      tokens.push({ type: 'float', text: number[0].replaceAll('_', '') });
      continue;
    }
    const int = take(INT);
    if (int) {
      tokens.push({ type: 'int', text: int[0].replaceAll('_', '') });
      continue;
    }
    const string = take(STRING);
    if (string) {
      const body = string[1] ?? string[2] ?? '';
      // Ansible doubles the backslashes in {{ }}, so they are literal there.
      tokens.push({ type: 'string', text: kind === 'print' ? body.replaceAll(/\\(['"])/g, '$1') : unescapeString(body) });
      continue;
    }
    const operator = take(OPERATOR);
    if (!operator) throw new TemplateError(`the character ${text[at] ?? ''} is not allowed in an expression`);
    if ('([{'.includes(operator[0])) open.push(operator[0]);
    else if (operator[0] in CLOSES && open.pop() !== CLOSES[operator[0]])
      throw new TemplateError(`${operator[0]} has no opening bracket`);
    tokens.push({ type: 'op', text: operator[0] });
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\n': '' };

/** Python's escapes of a string literal. */
function unescapeString(body: string): string {
  return body.replaceAll(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|([0-7]{1,3})|([\s\S]))/g,
    (whole, x?: string, u?: string, o?: string, c?: string) => {
      const hex = x ?? u;
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (o !== undefined) return String.fromCharCode(Number.parseInt(o, 8));
      if (c === undefined) return whole;
      return ESCAPES[c] ?? (c === '\\' || c === "'" || c === '"' ? c : whole);
    },
  );
}
