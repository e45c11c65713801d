import type { PyValue } from '../model/python-values.js';
import { LiteralReader } from './literal-reader.js';
import { NotALiteral } from './literal-tokens.js';

/**
 * A value of an INI inventory as Ansible reads it: a Python literal if `ast.literal_eval` accepts it (numbers,
 * True, False, None, quoted strings, lists, tuples, dicts, sets, bytes), else the text itself.
 * @throws LiteralError for what makes Ansible fail.
 */
export function pythonValue(text: string): PyValue {
  return quickValue(text) ?? read(text);
}

/** The same for many texts: each text that needs parsing is parsed once. */
export class PythonValues {
  readonly #known = new Map<string, PyValue>();

  value(text: string): PyValue {
    const quick = quickValue(text);
    if (quick !== undefined) return quick;
    let value = this.#known.get(text);
    if (value === undefined) {
      value = read(text);
      this.#known.set(text, value);
    }
    return value;
  }
}

/** Words, short whole numbers and addresses, which are the most common; undefined: it needs parsing. */
function quickValue(text: string): string | number | undefined {
  const c = text.charCodeAt(0);
  // Only True, False, None, ... and strings with a prefix begin with a letter.
  if (c >= 97 && c <= 122 && c !== 98 && c !== 114 && c !== 115 && c !== 117) return text;
  if (!(c >= 48 && c <= 57)) return undefined;
  let dots = 0;
  for (let i = 1; i < text.length; i++) {
    const d = text.charCodeAt(i);
    if (d === 46) dots++;
    else if (d < 48 || d > 57) return undefined;
  }
  // Numbers have at most one.
  if (dots > 0) return dots > 1 ? text : undefined;
  if (text.length > 15) return undefined;
  return text.length > 1 && c === 48 ? zerosOnly(text) : Number(text);
}

function read(text: string): PyValue {
  const reader = new LiteralReader(text.replace(/^[ \t]+/, ''));
  try {
    return reader.document();
  } catch (error) {
    if (error instanceof NotALiteral) return text;
    throw error;
  }
}

/** 007 is not a number in Python, 000 is. */
function zerosOnly(text: string): string | number {
  return /^0+$/.test(text) ? 0 : text;
}
