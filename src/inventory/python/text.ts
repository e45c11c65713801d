import { Dict, PyDate, PyFloat, type PyOther, PyTuple, PyUnsafe, type PyValue, VaultValue } from '../model/python-values.js';

/** A value that cannot be printed. */
export class UnprintableError extends Error {}

/** A float as Python's `repr` writes it. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  // Both write the shortest digits that read back the same; they differ in when the exponent begins.
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const e = Number(exponent);
  if (e < -4 || e >= 16) return `${mantissa}e${e < 0 ? '-' : '+'}${String(Math.abs(e)).padStart(2, '0')}`;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '');
  if (e < 0) return `${sign}0.${'0'.repeat(-e - 1)}${digits}`;
  const whole = digits.slice(0, e + 1).padEnd(e + 1, '0');
  return `${sign}${whole}.${digits.slice(e + 1) || '0'}`;
}

/** Python's `str()`. */
export function pyStr(value: PyValue): string {
  if (typeof value === 'string') return value;
  if (value instanceof PyUnsafe) return value.text;
  if (value instanceof PyDate) return value.text;
  return pyRepr(value);
}

/** Python's `repr()`. @throws UnprintableError for encrypted values. */
export function pyRepr(value: PyValue): string {
  return reprOf(value, pyRepr);
}

type Scalar = Exclude<PyValue, PyTuple | Dict | readonly PyValue[]>;

/** `repr()` of a value, with `inner` for what is in a list or a dict. */
export function reprOf<V>(value: Scalar | readonly V[] | Dict<V>, inner: (item: V) => string): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : floatText(value);
  if (value instanceof PyTuple) return `(${value.map(inner).join(', ')}${value.length === 1 ? ',' : ''})`;
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  if (value instanceof Dict)
    return `{${Array.from(value.entries() as Iterable<readonly [V, V]>, ([k, v]) => `${inner(k)}: ${inner(v)}`).join(', ')}}`;
  return objectRepr(value as Scalar & object);
}

function objectRepr(value: Scalar & object): string {
  if (value instanceof PyFloat) return floatText(value.number);
  if (value instanceof PyUnsafe) return quoted(value.text);
  if (value instanceof PyDate) return value.repr;
  if (value instanceof VaultValue) throw new UnprintableError('it is encrypted with Ansible Vault');
  return otherText(value);
}

function otherText(value: PyOther): string {
  if (value.type === 'set') return value.items.length === 0 ? 'set()' : `{${value.items.map(pyRepr).join(', ')}}`;
  if (value.type === 'bytes') return `b${bytesQuoted(value.text)}`;
  return value.text;
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = '';
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    if (c === quote) out += `\\${c}`;
    else if (NAMED[c] !== undefined) out += NAMED[c];
    else if (c === ' ' || !/[\p{C}\p{Z}]/u.test(c)) out += c;
    else if (code < 0x100) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else out += code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return quote + out + quote;
}

function bytesQuoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = [...text].map((c) => {
    if (c === quote) return `\\${c}`;
    return NAMED[c] ?? (c >= ' ' && c <= '~' ? c : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  });
  return quote + body.join('') + quote;
}
