import { PyOther } from '../../model/python-values.js';
import { pythonValue } from '../../python/literal.js';
import { LiteralError } from '../../python/literal-reader.js';
import { literal } from './convert.js';
import { TemplateError, type Value } from './values.js';

/**
 * Gives a rendered text the type that Ansible gives it (`jinja2_native` off): texts that begin like a list or a dict, True
 * and False are read as Python literals, with JSON's true, false and null; everything else stays text.
 * Source: ansible_eval_concat in ansible/template/native_helpers.py
 * @throws TemplateError for what Python parses but cannot construct: a list as the key of a dict.
 */
export function nativeValue(text: string): Value {
  if (!text.startsWith('{') && !text.startsWith('[')) return text === 'True' ? true : text === 'False' ? false : text;
  const line = oneLine(text);
  if (line === undefined) return text;
  try {
    const value = pythonValue(line);
    return value === line || value instanceof PyOther ? text : literal(value);
  } catch (error) {
    if (error instanceof LiteralError) throw new TemplateError(error.message);
    throw error;
  }
}

/** Strings, words, comments, brackets and line breaks. */
const TOKEN =
  /'''(?:[^\\]|\\[\s\S])*?'''|"""(?:[^\\]|\\[\s\S])*?"""|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"|[\p{L}_][\p{L}\p{N}_]*|\d[\p{L}\p{N}_]*|#[^\n]*|[[({]|[\])}]|\n/gu;
const JSON_NAMES: Readonly<Record<string, string>> = { true: 'True', false: 'False', null: 'None' };

/** JSON's names as Python's, without comments and line breaks in brackets; undefined: a line ends too early. */
function oneLine(text: string): string | undefined {
  let depth = 0;
  let early = false;
  const line = text.trimEnd().replaceAll(TOKEN, (token) => {
    if (token === '\n' || token.startsWith('#')) {
      early ||= token === '\n' && depth === 0;
      return ' ';
    }
    if ('[({'.includes(token)) depth++;
    else if ('])}'.includes(token)) depth--;
    return JSON_NAMES[token] ?? token;
  });
  return early ? undefined : line;
}
