import type { PyValue } from '../../model/python-values.js';
import { type Variable, variable } from '../../model/values.js';
import { VarsView } from '../../model/vars-view.js';

/** The distinct names of a line, in order. Thousands of lines share one. */
export class Names {
  readonly list: readonly string[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(list: readonly string[]) {
    this.list = list;
    this.#places = new Map(list.map((name, at) => [name, at]));
  }

  place(name: string): number | undefined {
    return this.#places.get(name);
  }
}

/**
 * Variables of the hosts of one line. They are made on each access: the garbage collector would have to copy a hundred
 * thousand of them, and most commands use only a few.
 */
export class LineVars extends VarsView {
  readonly #names: Names;
  readonly #values: readonly PyValue[];
  readonly #file: string;
  readonly #line: number;
  readonly #columns: readonly number[];

  /**
   * @param values in the order of the names.
   * @param columns where they are written, from 1.
   */
  constructor(names: Names, values: readonly PyValue[], file: string, line: number, columns: readonly number[]) {
    super();
    this.#names = names;
    this.#values = values;
    this.#file = file;
    this.#line = line;
    this.#columns = columns;
  }

  override get size(): number {
    return this.#values.length;
  }

  get(name: string): Variable | undefined {
    const at = this.#names.place(name);
    return at === undefined ? undefined : this.#variable(at);
  }

  has(name: string): boolean {
    return this.#names.place(name) !== undefined;
  }

  *[Symbol.iterator](): MapIterator<[string, Variable]> {
    const names = this.#names.list;
    for (let at = 0; at < names.length; at++) yield [names[at] ?? '', this.#variable(at)];
  }

  #variable(at: number): Variable {
    const value = this.#values[at];
    return variable(value === undefined ? null : value, { file: this.#file, line: this.#line, column: this.#columns[at] ?? 1 });
  }
}
