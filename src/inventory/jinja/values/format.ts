import { PyTuple } from '../../model/python-values.js';
import { iterate, repr, str, toFloat } from './python.js';
import {
  type Arguments,
  defined,
  isDict,
  isNumber,
  numberOf,
  TemplateError,
  typeName,
  Undefined,
  unkept,
  type Value,
} from './values.js';

/** `'%s-%03d' % (a, b)` and `'%(name)s' % dict`. */
export function formatPercent(pattern: string, argument: Value): string {
  const given = unkept(argument);
  const values = given instanceof PyTuple ? [...given] : [given];
  let used = 0;
  const named = isDict(given);
  const out = pattern.replaceAll(
    /%(?:\(([^)]*)\))?([-+ #0]*)(\d+|\*)?(?:\.(\d+))?([a-zA-Z%]?)/g,
    (_, name: string | undefined, flags: string, width: string | undefined, precision: string | undefined, type: string) => {
      if (type === '%') return '%';
      let value: Value;
      if (name !== undefined) {
        if (!named) throw new TemplateError(`%(${name}) needs a dict`);
        const found = given.get(name);
        if (found === undefined) throw new TemplateError(`%(${name}): there is no such key`);
        value = found;
      } else {
        if (used >= values.length) throw new TemplateError('not enough values for the format');
        value = values[used++] ?? null;
      }
      return pad(percent(value, type, flags, precision), flags, width === undefined ? 0 : Number(width));
    },
  );
  // As in Python, lists, dicts and undefined values may be left unused.
  const strict = !named && !(given instanceof Undefined) && !(Array.isArray(given) && !(given instanceof PyTuple));
  if (strict && used < values.length) throw new TemplateError('not all values are used by the format');
  return out;
}

function percent(value: Value, type: string, flags: string, precision: string | undefined): string {
  if (type === 's' || type === 'r') {
    const text = type === 's' ? str(value) : repr(value);
    return precision === undefined ? text : [...text].slice(0, Number(precision)).join('');
  }
  const v = defined(value);
  const n = typeof v === 'boolean' ? Number(v) : isNumber(v) ? numberOf(v) : undefined;
  if (n === undefined) throw new TemplateError(`%${type} needs a number, not ${typeName(v)}`);
  const sign = n < 0 ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const size = Math.abs(n);
  if (type === 'd' || type === 'i' || type === 'u') return sign + String(Math.trunc(size));
  if (type === 'x' || type === 'X' || type === 'o') {
    const digits = Math.trunc(size).toString(type === 'o' ? 8 : 16);
    return sign + (flags.includes('#') ? `0${type}` : '') + (type === 'X' ? digits.toUpperCase() : digits);
  }
  if (type === 'f' || type === 'F') return sign + size.toFixed(precision === undefined ? 6 : Number(precision));
  if (type === 'c') return String.fromCodePoint(n);
  throw new TemplateError(`%${type} is not supported`);
}

function pad(text: string, flags: string, width: number): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (flags.includes('0')) return text.replace(/^([-+ ]?)/, `$1${'0'.repeat(missing)}`);
  return ' '.repeat(missing) + text;
}

/** `'{}-{name:>5}'.format(…)`. Conversions !r and !s; fill, alignment, sign, zero, width, precision and types d, s, f, x, o, b, %. */
export function formatBraces(pattern: string, args: Arguments): string {
  let next = 0;
  return pattern.replaceAll(
    /\{\{|\}\}|\{([^{}!:]*)(?:!([rs]))?(?::([^{}]*))?\}|[{}]/g,
    (whole, field?: string, conversion?: string, spec?: string) => {
      if (whole === '{{' || whole === '}}') return whole[0] ?? '';
      if (field === undefined) throw new TemplateError(`${whole} is unbalanced in a format`);
      const [head = '', ...path] = field.replaceAll(/\[([^\]]*)\]/g, '.$1').split('.');
      let value: Value | undefined =
        head === '' ? args.positional[next++] : /^\d+$/.test(head) ? args.positional[Number(head)] : args.named.get(head);
      for (const part of path) {
        const v: Value = value ?? null;
        value = isDict(v) ? v.get(part) : Array.isArray(v) && /^\d+$/.test(part) ? v[Number(part)] : undefined;
      }
      if (value === undefined) throw new TemplateError(`{${field}} of a format has no value`);
      return aligned(conversion === 'r' ? repr(value) : value, spec ?? '');
    },
  );
}

function aligned(value: Value, spec: string): string {
  if (spec === '') return str(value);
  const match = /^(?:([\s\S])?([<>^=]))?([-+ ])?(#)?(0)?(\d+)?(,)?(?:\.(\d+))?([a-zA-Z%])?$/u.exec(spec);
  if (!match) throw new TemplateError(`the format ${spec} is not supported`);
  const [, fill, align, sign = '', alternate, zero, width, comma, precision, type] = match;
  const v = defined(value);
  const numeric = isNumber(v) || (typeof v === 'boolean' && type !== undefined && type !== 's');
  let text: string;
  if (type === '%') text = `${((isNumber(v) ? numberOf(v) : 0) * 100).toFixed(precision === undefined ? 6 : Number(precision))}%`;
  else if (type === 'b' && isNumber(v)) text = (alternate ? '0b' : '') + numberOf(v).toString(2);
  else if (numeric && type !== undefined && type !== 's') text = percent(v, type, sign + (alternate ?? ''), precision);
  else if (precision !== undefined && isNumber(v)) text = String(Number(numberOf(v).toPrecision(Number(precision))));
  else text = precision === undefined ? str(v) : [...str(v)].slice(0, Number(precision)).join('');
  if (comma) text = text.replace(/^(-?\d+)/, (d) => d.replaceAll(/\B(?=(\d{3})+$)/g, ','));
  const missing = (width === undefined ? 0 : Number(width)) - [...text].length;
  if (missing <= 0) return text;
  const filling = (fill ?? (zero ? '0' : ' ')).repeat(missing);
  const where = align ?? (zero ? '=' : numeric ? '>' : '<');
  if (where === '=') return text.replace(/^([-+ ]?)/, `$1${filling}`);
  if (where === '^') return filling.slice(0, Math.floor(missing / 2)) + text + filling.slice(Math.floor(missing / 2));
  return where === '>' ? filling + text : text + filling;
}

/** The number of a text or a value, for `float`. */
export function floatOf(given: Value): number | undefined {
  const v = defined(given);
  if (typeof v === 'boolean') return Number(v);
  return isNumber(v) ? numberOf(v) : typeof v === 'string' ? toFloat(v) : undefined;
}

/** Texts of all items, for `join`. */
export function joined(items: Value, separator: string): string {
  return iterate(items).map(str).join(separator);
}
