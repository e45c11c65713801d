import type { Variable } from './model.js';

type Vars = ReadonlyMap<string, Variable>;

/** Variables in layers, the last one on top. Nothing is copied: thousands of hosts share the layers of their groups. */
export class LayeredVars implements ReadonlyMap<string, Variable> {
  readonly #layers: readonly Vars[];

  constructor(layers: readonly Vars[]) {
    this.#layers = layers.filter((l) => l.size > 0);
  }

  get(name: string): Variable | undefined {
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      const found = this.#layers[i]?.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.#layers.some((l) => l.has(name));
  }

  get size(): number {
    return this.#merged().size;
  }

  forEach(each: (value: Variable, key: string, map: ReadonlyMap<string, Variable>) => void): void {
    for (const [key, value] of this.#merged()) each(value, key, this);
  }

  entries(): MapIterator<[string, Variable]> {
    return this.#merged().entries();
  }

  keys(): MapIterator<string> {
    return this.#merged().keys();
  }

  values(): MapIterator<Variable> {
    return this.#merged().values();
  }

  [Symbol.iterator](): MapIterator<[string, Variable]> {
    return this.entries();
  }

  /** Made for each walk and thrown away. A name stands where the lowest layer has it, as in Python. */
  #merged(): ReadonlyMap<string, Variable> {
    return merge(this.#layers);
  }
}

export function merge(layers: readonly Vars[]): ReadonlyMap<string, Variable> {
  if (layers.length === 1 && layers[0]) return layers[0];
  const out = new Map<string, Variable>(layers[0]);
  for (const layer of layers.slice(1)) for (const [name, variable] of layer) out.set(name, variable);
  return out;
}
