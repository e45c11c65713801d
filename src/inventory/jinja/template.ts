import type { Context } from './evaluate/evaluate.js';
import { execute } from './evaluate/execute.js';
import type { Statement } from './syntax/ast.js';
import { isTemplate } from './syntax/lexer.js';
import { parseTemplate } from './syntax/parser.js';
import { isNumber, unkept, type Value } from './values/values.js';

const parsed = new Map<string, readonly Statement[]>();
/** Group variables are rendered for every host; beyond this number the oldest templates are parsed again. */
const REMEMBERED = 2000;

/**
 * Renders one text as Ansible's templar does. Texts without `{{`, `{%` or `{#` stay as they are.
 *
 * @param single gives the raw value of a variable: `{{ name }}` alone keeps numbers, booleans and null.
 * @throws TemplateError, and UndefinedError where something undefined is used.
 */
export function renderText(text: string, context: Context, single: (name: string) => Value | undefined): Value {
  if (!isTemplate(text)) return text;
  const only = /^\{\{\s*(\w*)\s*\}\}\n?$/.exec(text)?.[1];
  const raw = only === undefined || only === '' ? undefined : single(only);
  if (raw !== undefined && (raw === null || typeof raw === 'boolean' || isNumber(raw))) return raw;
  let body = parsed.get(text);
  if (!body) {
    body = parseTemplate(text);
    if (parsed.size >= REMEMBERED) parsed.delete(parsed.keys().next().value ?? '');
    parsed.set(text, body);
  }
  const value = execute(body, context);
  const rendered = unkept(value);
  if (typeof rendered !== 'string') return rendered;
  // The final newlines of the text are kept, even if a block at the end removed one.
  const wanted = /\n*$/.exec(text)?.[0].length ?? 0;
  const there = /\n*$/.exec(rendered)?.[0].length ?? 0;
  return wanted > there ? rendered + '\n'.repeat(wanted - there) : value;
}
