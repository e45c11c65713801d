import type { Variable } from '../model/values.js';
import { VarsView } from '../model/vars-view.js';

type Vars = ReadonlyMap<string, Variable>;

/**
 * Variables in layers, the last one on top. Nothing is copied, neither when they are made nor when they are iterated:
 * thousands of hosts share the layers of their groups.
 */
export class LayeredVars extends VarsView {
  readonly #layers: readonly Vars[];

  constructor(layers: readonly Vars[]) {
    super();
    this.#layers = layers.filter((l) => l.size > 0);
  }

  get(name: string): Variable | undefined {
    return this.#topmost(name, 0, this.#layers.length);
  }

  has(name: string): boolean {
    return this.#layers.some((l) => l.has(name));
  }

  /** A name keeps its place in the lowest layer, as in Python. */
  *[Symbol.iterator](): MapIterator<[string, Variable]> {
    const layers = this.#layers;
    for (let at = 0; at < layers.length; at++) {
      for (const entry of layers[at] ?? []) {
        if (at > 0 && this.#topmost(entry[0], 0, at) !== undefined) continue;
        const above = at + 1 < layers.length ? this.#topmost(entry[0], at + 1, layers.length) : undefined;
        yield above === undefined ? entry : [entry[0], above];
      }
    }
  }

  /** Of the layers `from` to before `to`. */
  #topmost(name: string, from: number, to: number): Variable | undefined {
    for (let i = to - 1; i >= from; i--) {
      const found = this.#layers[i]?.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** One map of all layers, the last one on top; a name keeps its place in the lowest layer. */
export function merge(layers: readonly Vars[]): Vars {
  if (layers.length === 1 && layers[0]) return layers[0];
  const out = new Map<string, Variable>(layers[0]);
  for (const layer of layers.slice(1)) for (const [name, variable] of layer) out.set(name, variable);
  return out;
}
