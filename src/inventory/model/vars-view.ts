import type { Variable } from './values.js';

/** Variables by name that are iterated like a map but not stored as one. */
export abstract class VarsView implements ReadonlyMap<string, Variable> {
  abstract get(name: string): Variable | undefined;
  abstract has(name: string): boolean;
  abstract [Symbol.iterator](): MapIterator<[string, Variable]>;

  get size(): number {
    let size = 0;
    for (const _ of this) size++;
    return size;
  }

  forEach(each: (value: Variable, key: string, map: ReadonlyMap<string, Variable>) => void): void {
    for (const [key, value] of this) each(value, key, this);
  }

  entries(): MapIterator<[string, Variable]> {
    return this[Symbol.iterator]();
  }

  *keys(): MapIterator<string> {
    for (const [key] of this) yield key;
  }

  *values(): MapIterator<Variable> {
    for (const [, value] of this) yield value;
  }
}
