import type { Context } from '../evaluate/evaluate.js';
import { index, str, text, truth } from '../values/python.js';
import { type Arguments, defined, TemplateError, unkept, type Value } from '../values/values.js';

/** The given arguments of a filter, by name. */
export class Given {
  readonly #values: ReadonlyMap<string, Value>;
  readonly rest: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
  readonly context: Context;

  constructor(values: ReadonlyMap<string, Value>, rest: readonly Value[], named: ReadonlyMap<string, Value>, context: Context) {
    this.#values = values;
    this.rest = rest;
    this.named = named;
    this.context = context;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  bool(name: string, otherwise = false): boolean {
    const v = this.get(name);
    return v === undefined ? otherwise : truth(v);
  }

  int(name: string, otherwise: number): number {
    const v = this.get(name);
    return v === undefined || v === null ? otherwise : index(v, name);
  }

  str(name: string, otherwise: string): string {
    const v = this.get(name);
    return v === undefined || v === null ? otherwise : str(v);
  }

  /** @throws TemplateError if it is missing or not a string. */
  text(name: string): string {
    return text(this.need(name), name);
  }

  need(name: string): Value {
    return defined(this.raw(name));
  }

  /** It may be undefined, but not missing. */
  raw(name: string): Value {
    const v = this.get(name);
    if (v === undefined) throw new TemplateError(`${name} is missing`);
    return v;
  }
}

export type Filter = (value: Value, args: Arguments, context: Context) => Value;

/**
 * A filter with the names of its arguments. `...` as the last name allows any number of further arguments.
 * The value may be undefined; nearly every use of it throws.
 */
export function filter(names: readonly string[], apply: (value: Value, given: Given) => Value): Filter {
  const passing = passes(names, apply);
  return (value, args, context) => {
    const named = new Map([...args.named].map(([k, v]) => [k, unkept(v)]));
    return passing(unkept(value), { positional: args.positional.map(unkept), named }, context);
  };
}

/** The same for filters that may return their value or an argument unchanged. */
export function passes(names: readonly string[], apply: (value: Value, given: Given) => Value): Filter {
  const open = names.at(-1) === '...';
  const known = open ? names.slice(0, -1) : names;
  return (value, args, context) => {
    const values = new Map<string, Value>();
    if (!open && args.positional.length > known.length) throw new TemplateError('too many arguments');
    args.positional.slice(0, known.length).forEach((v, i) => {
      values.set(known[i] ?? '', v);
    });
    for (const [name, v] of args.named) {
      if (!open && !known.includes(name)) throw new TemplateError(`there is no argument ${name}`);
      values.set(name, v);
    }
    return apply(value, new Given(values, args.positional.slice(known.length), args.named, context));
  };
}
