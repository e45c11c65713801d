import { str, truth } from '../values/python.js';
import { TemplateError, type Value } from '../values/values.js';

const OPERATORS: Readonly<Record<string, (c: number) => boolean>> = {
  '==': (c) => c === 0,
  '=': (c) => c === 0,
  eq: (c) => c === 0,
  '<': (c) => c < 0,
  lt: (c) => c < 0,
  '<=': (c) => c <= 0,
  le: (c) => c <= 0,
  '>': (c) => c > 0,
  gt: (c) => c > 0,
  '>=': (c) => c >= 0,
  ge: (c) => c >= 0,
  '!=': (c) => c !== 0,
  '<>': (c) => c !== 0,
  ne: (c) => c !== 0,
};

/** Ansible's test `version`. `type`: loose (Python's LooseVersion), strict, semver or pep440. */
export function versionHolds(value: Value, other: Value, operator: string, type: string): boolean {
  const holds = OPERATORS[operator];
  if (!holds) throw new TemplateError(`version does not support the operator ${operator}`);
  const [a, b] = [str(value), str(other)];
  if (!truth(value) || !truth(other)) throw new TemplateError('a version to compare is empty');
  if (type === 'loose') return holds(loose(a, b));
  if (type === 'strict') return holds(strict(a, b, /^(\d+)\.(\d+)(?:\.(\d+))?(?:[ab](\d+))?$/));
  if (type === 'semver' || type === 'semantic') return holds(semantic(a, b));
  if (type === 'pep440') return holds(strict(a, b, /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?$/));
  throw new TemplateError(`version does not support the type ${type}`);
}

/** Numbers and words alternate; of two that agree the shorter is lower. */
function loose(a: string, b: string): number {
  const parts = (s: string): (number | string)[] =>
    s.split(/(\d+|[a-z]+|\.)/).flatMap((p) => (p === '' || p === '.' ? [] : [/^\d+$/.test(p) ? Number(p) : p]));
  const [x, y] = [parts(a), parts(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const [p, q] = [x[i] ?? 0, y[i] ?? 0];
    if (p === q) continue;
    if (typeof p !== typeof q) throw new TemplateError(`the versions ${a} and ${b} cannot be compared`);
    return p < q ? -1 : 1;
  }
  return x.length - y.length;
}

function strict(a: string, b: string, form: RegExp): number {
  const parts = (s: string): number[] => {
    const match = form.exec(s);
    if (!match) throw new TemplateError(`${s} is not a version of this type`);
    return match.slice(1).map((p) => Number(p ?? 0));
  };
  const [x, y] = [parts(a), parts(b)];
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return (x[i] ?? 0) - (y[i] ?? 0);
  return 0;
}

/** Source: https://semver.org/#spec-item-11 */
function semantic(a: string, b: string): number {
  const form = /^(\d+)\.(\d+)\.(\d+)(?:-([\dA-Za-z.-]+))?(?:\+.*)?$/;
  const [x, y] = [form.exec(a), form.exec(b)];
  if (!x || !y) throw new TemplateError(`${x ? b : a} is not a semantic version`);
  for (let i = 1; i <= 3; i++) if (x[i] !== y[i]) return Number(x[i]) - Number(y[i]);
  const [p, q] = [x[4], y[4]];
  if (p === q) return 0;
  if (p === undefined || q === undefined) return p === undefined ? 1 : -1;
  const [l, r] = [p.split('.'), q.split('.')];
  for (let i = 0; i < Math.min(l.length, r.length); i++) {
    const [m, n] = [l[i] ?? '', r[i] ?? ''];
    if (m === n) continue;
    const [u, v] = [/^\d+$/.test(m), /^\d+$/.test(n)];
    if (u && v) return Number(m) - Number(n);
    if (u !== v) return u ? -1 : 1;
    return m < n ? -1 : 1;
  }
  return l.length - r.length;
}
