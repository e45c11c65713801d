import { PyDict, PyTuple } from '../../model/python-values.js';
import type { Expr, Statement, Target } from '../syntax/ast.js';
import { nativeValue } from '../values/native.js';
import { bounded } from '../values/operators.js';
import { iterate, same, str, truth } from '../values/python.js';
import { type Arguments, Callable, DictView, KeptText, Namespace, TemplateError, type Value } from '../values/values.js';
import { type Context, evaluate, Scope } from './evaluate.js';

/** Renders a template to a value of the type that Ansible gives it. */
export function execute(body: readonly Statement[], context: Context): Value {
  return result(body, new Scope(context));
}

function result(body: readonly Statement[], scope: Scope): Value {
  const out = new Output();
  for (const s of body) run(s, scope, out);
  return out.value();
}

class Output {
  #text = '';
  #pieces = 0;
  #keep = false;

  add(value: Value): void {
    this.#pieces++;
    this.#keep = value instanceof KeptText;
    this.#text = bounded(this.#text + printed(value));
  }

  value(): Value {
    return this.#pieces === 1 && this.#keep ? new KeptText(this.#text) : nativeValue(this.#text);
  }
}

function run(s: Statement, scope: Scope, out: Output): void {
  switch (s.t) {
    case 'text':
      return out.add(s.text);
    case 'print':
      return out.add(evaluate(s.value, scope));
    case 'if': {
      const branch = s.branches.find((b) => b.test === undefined || truth(evaluate(b.test, scope)));
      for (const inner of branch?.body ?? []) run(inner, scope, out);
      return;
    }
    case 'for':
      return loop(s, scope, out);
    case 'set':
      return assign(s.target, evaluate(s.value, scope), scope);
    case 'capture': {
      const value = result(s.body, new Scope(scope.context, scope));
      return assign(s.target, s.filter ? applyChain(s.filter, value, scope) : value, scope);
    }
    case 'with': {
      const inner = new Scope(scope.context, scope);
      for (const [name, e] of s.names) inner.set(name, evaluate(e, scope));
      for (const b of s.body) run(b, inner, out);
      return;
    }
    case 'filter':
      return out.add(applyChain(s.filter, str(result(s.body, new Scope(scope.context, scope))), scope));
    case 'macro':
      scope.set(s.name, macro(s, scope));
  }
}

/** None prints as nothing, `dict.items()` as a list, and what is undefined anywhere in it is an error. */
function printed(value: Value): string {
  return value === null ? '' : str(value instanceof DictView ? [...value] : value);
}

function applyChain(filter: Expr, value: Value, scope: Scope): Value {
  const inner = new Scope(scope.context, scope);
  inner.set('\0', value);
  const fill = (e: Expr): Expr => (e.t === 'filter' ? { ...e, of: e.of ? fill(e.of) : { t: 'name', name: '\0' } } : e);
  return evaluate(fill(filter), inner);
}

function assign(target: Target, value: Value, scope: Scope): void {
  if (target.t === 'name') return scope.set(target.name, value);
  if (target.t === 'attr') {
    const space = scope.get(target.namespace);
    if (!(space instanceof Namespace))
      throw new TemplateError(`${target.namespace} is not a namespace: only namespace() can be assigned to`);
    space.values.set(target.name, value);
    return;
  }
  const items = iterate(value);
  if (items.length !== target.items.length)
    throw new TemplateError(`${items.length} values cannot be given to ${target.items.length} names`);
  target.items.forEach((t, i) => {
    assign(t, items[i] ?? null, scope);
  });
}

function loop(s: Extract<Statement, { t: 'for' }>, scope: Scope, out: Output): void {
  const given = evaluate(s.over, scope);
  const all = iterate(given);
  const items = s.when
    ? all.filter((v) => {
        const inner = new Scope(scope.context, scope);
        assign(s.target, v, inner);
        return s.when === undefined || truth(evaluate(s.when, inner));
      })
    : [...all];
  const changed = changes();
  items.forEach((v, i) => {
    const inner = new Scope(scope.context, scope);
    inner.set('loop', loopVariable(items, i, changed));
    assign(s.target, v, inner);
    for (const b of s.body) run(b, inner, out);
  });
  if (items.length === 0) for (const b of s.otherwise) run(b, new Scope(scope.context, scope), out);
}

/** `loop.changed(…)`: whether it was last asked for other values. */
function changes(): Callable {
  let last: Value | undefined;
  return new Callable('changed', ({ positional }) => {
    const now = PyTuple.make(positional);
    if (last !== undefined && same(last, now)) return false;
    last = now;
    return true;
  });
}

function loopVariable(items: readonly Value[], i: number, changed: Callable): Value {
  const cycle = new Callable('cycle', (a) => {
    if (a.positional.length === 0) throw new TemplateError('loop.cycle needs values');
    return a.positional[i % a.positional.length] ?? null;
  });
  const before = items[i - 1];
  return new PyDict<Value>([
    ['index', i + 1],
    ['index0', i],
    ['revindex', items.length - i],
    ['revindex0', items.length - i - 1],
    ['first', i === 0],
    ['last', i === items.length - 1],
    ['length', items.length],
    ['depth', 1],
    ['depth0', 0],
    ['cycle', cycle],
    ['changed', changed],
    ...(before === undefined ? [] : ([['previtem', before]] as [Value, Value][])),
    ...(items[i + 1] === undefined ? [] : ([['nextitem', items[i + 1] ?? null]] as [Value, Value][])),
  ]);
}

function macro(s: Extract<Statement, { t: 'macro' }>, scope: Scope): Callable {
  let depth = 0;
  return new Callable(s.name, (a: Arguments) => {
    if (++depth > 50) throw new TemplateError(`the macro ${s.name} calls itself without end`);
    const inner = new Scope(scope.context, scope);
    s.parameters.forEach((p, i) => {
      const given = i < a.positional.length ? a.positional[i] : a.named.get(p.name);
      const value = given === undefined && p.otherwise ? evaluate(p.otherwise, inner) : given;
      if (value === undefined) throw new TemplateError(`the macro ${s.name} needs ${p.name}`);
      inner.set(p.name, value);
    });
    const value = result(s.body, inner);
    depth--;
    return value;
  });
}
