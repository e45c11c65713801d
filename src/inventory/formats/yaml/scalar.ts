import { PyDate, type PyValue, pyFloat, pyInt } from '../../model/python-values.js';

/** Why a scalar is not what it looks like, or what its tag says. */
export class ScalarError extends Error {}

const BOOL = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const INT = /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const TIMESTAMP =
  /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$/;
const TIMESTAMP_PARTS =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?)?$/;
/** Python refuses to read longer numbers. */
const MOST_DIGITS = 4300;

/**
 * What PyYAML makes of a plain scalar: YAML 1.1, so `yes` is a boolean, `0644` is octal, `1:30` is ninety.
 * Source: yaml/resolver.py and yaml/constructor.py of PyYAML 6.
 * @throws ScalarError for dates that do not exist and the like.
 */
export function plainScalar(text: string): PyValue {
  const first = text.charCodeAt(0);
  // Most are words: only these first characters can begin something else.
  if (Number.isNaN(first)) return null;
  if ((first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46) {
    if (FLOAT.test(text)) return yamlFloat(text);
    if (INT.test(text)) return yamlInt(text);
    if (TIMESTAMP.test(text)) return yamlTimestamp(text);
    return text;
  }
  if (BOOL.test(text)) return yamlBool(text);
  if (text === '~' || text === 'null' || text === 'Null' || text === 'NULL') return null;
  if (text === '=' || text === '<<') throw new ScalarError(`${text} means something else in YAML 1.1`);
  return text;
}

export function yamlBool(text: string): boolean {
  const lower = text.toLowerCase();
  if (lower === 'yes' || lower === 'true' || lower === 'on') return true;
  if (lower === 'no' || lower === 'false' || lower === 'off') return false;
  throw new ScalarError(`${text} is not a boolean`);
}

export function yamlInt(given: string): PyValue {
  const text = given.replaceAll('_', '');
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '');
  const value = magnitude(digits, given);
  return pyInt(negative ? -value : value);
}

function magnitude(digits: string, given: string): bigint {
  if (digits.length > MOST_DIGITS) throw new ScalarError(`${digits.length} digits are too many for a number`);
  if (digits === '0') return 0n;
  if (/^0b[01]+$/.test(digits) || /^0x[0-9a-fA-F]+$/.test(digits)) return BigInt(digits);
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  if (/^[1-9]\d*(:\d+)+$/.test(digits)) return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  if (/^[1-9]\d*$/.test(digits)) return BigInt(digits);
  throw new ScalarError(`${given} is not a whole number`);
}

export function yamlFloat(given: string): PyValue {
  const text = given.replaceAll('_', '').toLowerCase();
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '');
  if (digits === '.inf' || digits === 'inf' || digits === 'infinity') return pyFloat(sign * Number.POSITIVE_INFINITY);
  if (digits === '.nan' || digits === 'nan') return pyFloat(Number.NaN);
  if (/^[\d:]+\.?\d*$/.test(digits) && digits.includes(':')) {
    let base = 1;
    let value = 0;
    for (const part of digits.split(':').reverse()) {
      value += Number(part) * base;
      base *= 60;
    }
    return pyFloat(sign * value);
  }
  if (!/^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(digits)) throw new ScalarError(`${given} is not a number`);
  return pyFloat(sign * Number(digits));
}

export function yamlTimestamp(text: string): PyDate {
  const match = TIMESTAMP_PARTS.exec(text);
  if (!match) throw new ScalarError(`${text} is not a date`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((n) => Number(n ?? 0));
  const days = new Date(Date.UTC(2000, 0, 1));
  days.setUTCFullYear(year, month, 0);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days.getUTCDate()) throw new ScalarError(`there is no day ${text}`);
  const date = `${match[1]}-${pad(month)}-${pad(day)}`;
  if (match[4] === undefined) return new PyDate(date, date, `datetime.date(${year}, ${month}, ${day})`);
  if (hour > 23 || minute > 59 || second > 59) throw new ScalarError(`there is no time ${text}`);
  const micro = match[7] ? Number(match[7].slice(0, 6).padEnd(6, '0')) : 0;
  const zone = match[8] === undefined ? undefined : zoneOf(match, text);
  const time = `${pad(hour)}:${pad(minute)}:${pad(second)}${micro > 0 ? `.${String(micro).padStart(6, '0')}` : ''}${zone?.iso ?? ''}`;
  const numbers = [year, month, day, hour, minute, ...(second > 0 || micro > 0 ? [second] : []), ...(micro > 0 ? [micro] : [])];
  const repr = `datetime.datetime(${numbers.join(', ')}${zone ? `, tzinfo=${zone.repr}` : ''})`;
  return new PyDate(`${date}T${time}`, `${date} ${time}`, repr);
}

function zoneOf(match: RegExpExecArray, text: string): { readonly iso: string; readonly repr: string } {
  const [zone, sign, hours = '0', minutes = '0'] = match.slice(8, 12);
  if (zone === 'Z') return { iso: '+00:00', repr: 'datetime.timezone.utc' };
  const total = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  if (Math.abs(total) >= 24 * 60) throw new ScalarError(`there is no time zone as in ${text}`);
  const days = Math.floor(total / 1440);
  const seconds = (total - days * 1440) * 60;
  const delta = [...(days === 0 ? [] : [`days=${days}`]), ...(seconds === 0 ? [] : [`seconds=${seconds}`])].join(', ');
  const iso = `${total < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(total) / 60))}:${pad(Math.abs(total) % 60)}`;
  return { iso, repr: total === 0 ? 'datetime.timezone.utc' : `datetime.timezone(datetime.timedelta(${delta}))` };
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}
