import { isScalar, parseDocument } from 'yaml';
import { InputError } from '../../../base/errors.js';
import { parseYaml } from '../../formats/yaml/source.js';
import type { Dict } from '../../model/python-values.js';
import { fromPlain, type VarValue } from '../../model/values.js';
import { filled } from './convert.js';
import { iterate, repr, str } from './python.js';
import { DictView, defined, isDict, isNumber, TemplateError, type Value } from './values.js';

export interface JsonStyle {
  readonly indent?: string;
  readonly sortKeys?: boolean;
  readonly ascii?: boolean;
}

/** Python's `json.dumps`. */
export function toJson(given: Value, style: JsonStyle, depth = 0): string {
  const v = defined(given);
  if (v === null) return 'null';
  if (typeof v === 'boolean') return String(v);
  if (isNumber(v)) return repr(v);
  if (typeof v === 'string') return jsonText(v, style.ascii ?? true);
  if (v instanceof DictView) throw new TemplateError(`${v.type} are not JSON: add | list before`);
  const [open, close] = isDict(v) ? ['{', '}'] : ['[', ']'];
  const items = isDict(v)
    ? sorted(v, style).map((k) => `${jsonText(keyText(k), style.ascii ?? true)}: ${toJson(v.get(k) ?? null, style, depth + 1)}`)
    : iterate(v).map((i) => toJson(i, style, depth + 1));
  if (items.length === 0) return open + close;
  if (style.indent === undefined) return `${open}${items.join(', ')}${close}`;
  const pad = (n: number): string => `\n${(style.indent ?? '').repeat(n)}`;
  return `${open}${pad(depth + 1)}${items.join(`,${pad(depth + 1)}`)}${pad(depth)}${close}`;
}

function sorted(v: Dict<Value>, style: JsonStyle): Value[] {
  const keys = [...v.keys()];
  return style.sortKeys ? keys.sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1)) : keys;
}

function keyText(k: Value): string {
  return k === null || typeof k === 'boolean' ? String(k) : str(k);
}

function jsonText(s: string, ascii: boolean): string {
  const text = JSON.stringify(s);
  return ascii ? text.replaceAll(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`) : text;
}

/** YAML 1.1 as Ansible's `from_yaml` reads it. @throws TemplateError unless it is YAML. */
export function fromYaml(text: string): Value {
  try {
    const file = parseYaml(text, '');
    return file.root === null ? null : filled(file.exactOf(file.root));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new TemplateError(`not valid YAML: ${error.parts.why ?? error.parts.what}`);
  }
}

/** @throws TemplateError unless it is JSON. */
export function fromJson(text: string): Value {
  try {
    return filled(fromPlain(JSON.parse(text) as VarValue));
  } catch (error) {
    throw new TemplateError(`not valid JSON: ${error instanceof Error ? error.message : ''}`);
  }
}

/** PyYAML's `dump` with sorted keys. `flow` undefined: lists and dicts of scalars are written on one line, as `to_yaml` does. */
export function toYaml(given: Value, flow: boolean | undefined, wanted: number): string {
  // PyYAML takes no other indent.
  const indent = wanted > 1 && wanted < 10 ? wanted : 2;
  return `${node(given, flow, indent, 0).replace(/^\n/, '')}\n`;
}

function node(given: Value, flow: boolean | undefined, indent: number, depth: number): string {
  const v = defined(given);
  if (!isDict(v) && !Array.isArray(v)) return scalar(v);
  const values = isDict(v) ? [...v.keys()].map((k) => v.get(k) ?? null) : v;
  const leaf = values.every((x) => !isDict(x) && !Array.isArray(x));
  if (values.length === 0 || flow === true || (flow === undefined && leaf)) {
    return isDict(v)
      ? `{${sorted(v, { sortKeys: true })
          .map((k) => `${scalar(k)}: ${node(v.get(k) ?? null, true, indent, 0)}`)
          .join(', ')}}`
      : `[${v.map((x) => node(x, true, indent, 0)).join(', ')}]`;
  }
  const pad = ' '.repeat(indent * depth);
  if (isDict(v)) {
    return sorted(v, { sortKeys: true })
      .map((k) => {
        const value = v.get(k) ?? null;
        const text = node(value, flow, indent, Array.isArray(value) ? depth : depth + 1);
        return `\n${pad}${scalar(k)}:${text.startsWith('\n') ? text : ` ${text}`}`;
      })
      .join('');
  }
  const gap = ' '.repeat(Math.max(1, indent - 1));
  return v
    .map((x) => {
      const text = node(x, flow, indent, depth + 1);
      return `\n${pad}-${text.startsWith('\n') ? gap + text.trimStart() : ` ${text}`}`;
    })
    .join('');
}

function scalar(v: Value): string {
  if (v === null) return 'null';
  if (typeof v === 'boolean') return String(v);
  if (typeof v !== 'string') return repr(v);
  if (v === '') return "''";
  const plain = /^[\p{L}\p{N}_./+][^\x00-\x1f]*$/u.test(v) && !/: |:$| #|[\n]|^[\s]|[\s]$/.test(v) && isText(v);
  if (plain) return v;
  return /[\x00-\x1f]/.test(v) ? JSON.stringify(v) : `'${v.replaceAll("'", "''")}'`;
}

/** Whether this plain word would be read as text again. */
function isText(word: string): boolean {
  // In the standard y and n are booleans, in PyYAML they are not.
  if (/^[yYnN]$/.test(word)) return true;
  const document = parseDocument(word, { version: '1.1', logLevel: 'silent' });
  return isScalar(document.contents) && document.contents.value === word;
}
