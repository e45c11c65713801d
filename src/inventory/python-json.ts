import { VaultValue } from './model.js';
import { type Exact, entriesOf, isList, PyDate, PyFloat, PyOther, PyTuple, PyUnsafe } from './python.js';
import { floatText, UnprintableError } from './python-text.js';
import { byCodePoint } from './sources.js';

/** Keys that Python cannot sort: text beside numbers. */
class UnsortableError extends Error {}

/** Aliases in aliases can make a few lines of YAML print for ever. Characters; a string can have no more than 2^29. */
const LONGEST = 400_000_000;

/**
 * Python's `json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False)`, as ansible-inventory calls it: where keys
 * cannot be sorted, nothing is.
 * @throws UnprintableError for sets, bytes and the like.
 */
export function jsonText(value: Exact): string {
  try {
    return new Writer(true).text(value);
  } catch (error) {
    if (error instanceof UnsortableError) return new Writer(false).text(value);
    throw error;
  }
}

class Writer {
  readonly #sort: boolean;
  #out = '';
  /** Keys repeat by the thousand. */
  readonly #quoted = new Map<string, string>();
  readonly #order = new KeyOrder();

  constructor(sort: boolean) {
    this.#sort = sort;
  }

  text(value: Exact): string {
    this.#write(value, '\n');
    return this.#out;
  }

  #write(value: Exact, newline: string): void {
    if (typeof value === 'string') this.#out += JSON.stringify(value);
    else if (value === null) this.#out += 'null';
    else if (typeof value === 'boolean' || typeof value === 'bigint') this.#out += String(value);
    else if (typeof value === 'number') this.#out += number(value);
    else if (isList(value)) this.#list(value, newline);
    else if (value instanceof PyFloat) this.#out += float(value.number);
    else if (value instanceof PyUnsafe) this.#dict([['__ansible_unsafe', value.text]], newline);
    else if (value instanceof VaultValue) this.#dict([['__ansible_vault', value.ciphertext]], newline);
    else if (value instanceof PyDate) this.#out += JSON.stringify(value.iso);
    else if (value instanceof PyTuple) this.#list(value.items, newline);
    else if (value instanceof PyOther)
      throw new UnprintableError(`JSON has no ${value.type === 'complex' ? 'complex numbers' : value.type}`);
    else this.#dict(entriesOf(value) ?? [], newline);
  }

  #list(items: readonly Exact[], newline: string): void {
    if (items.length === 0) {
      this.#out += '[]';
      return;
    }
    if (this.#out.length > LONGEST) throw new UnprintableError('it would print without end');
    const inner = `${newline}    `;
    let before = `[${inner}`;
    for (const item of items) {
      this.#out += before;
      this.#write(item, inner);
      before = `,${inner}`;
    }
    this.#out += `${newline}]`;
  }

  #dict(given: readonly (readonly [Exact, Exact])[], newline: string): void {
    if (given.length === 0) {
      this.#out += '{}';
      return;
    }
    if (this.#out.length > LONGEST) throw new UnprintableError('it would print without end');
    const entries = this.#sort ? this.#order.sorted(given) : given;
    const inner = `${newline}    `;
    let before = `{${inner}`;
    for (const [key, value] of entries) {
      this.#out += before + this.#key(key);
      this.#write(value, inner);
      before = `,${inner}`;
    }
    this.#out += `${newline}}`;
  }

  #key(key: Exact): string {
    const text = keyText(key);
    let quoted = this.#quoted.get(text);
    if (quoted === undefined) {
      quoted = `${JSON.stringify(text)}: `;
      this.#quoted.set(text, quoted);
    }
    return quoted;
  }
}

type Entry = readonly [Exact, Exact];

/** Sorts entries by their keys; hosts by the thousand have the same keys in the same order. */
class KeyOrder {
  #keys: readonly Exact[] = [];
  /** Where the entries of those keys go. */
  #places: readonly number[] = [];

  /** @throws UnsortableError for keys of several kinds. */
  sorted(entries: readonly Entry[]): readonly Entry[] {
    if (entries.length < 2) return entries;
    if (!this.#same(entries)) {
      const ranks = entries.map(([key], at) => ({ rank: rankOf(key), at }));
      const text = typeof ranks[0]?.rank === 'string';
      // Text and numbers do not compare.
      if (ranks.some((r) => (typeof r.rank === 'string') !== text)) throw new UnsortableError();
      ranks.sort((a, b) => compare(a.rank, b.rank));
      this.#keys = entries.map(([key]) => key);
      this.#places = ranks.map((r) => r.at);
    }
    const out: Entry[] = [];
    for (const at of this.#places) {
      const entry = entries[at];
      if (entry) out.push(entry);
    }
    return out;
  }

  #same(entries: readonly Entry[]): boolean {
    const keys = this.#keys;
    return keys.length === entries.length && keys.every((key, i) => typeof key === 'string' && key === entries[i]?.[0]);
  }
}

type Rank = string | number | bigint;

/** What Python compares. @throws UnsortableError for what it cannot. */
function rankOf(key: Exact): Rank {
  if (typeof key === 'string') return key;
  if (key instanceof PyUnsafe) return key.text;
  const rank = key instanceof PyFloat ? key.number : typeof key === 'boolean' ? Number(key) : key;
  if (typeof rank === 'number' || typeof rank === 'bigint') return rank;
  throw new UnsortableError();
}

function compare(a: Rank, b: Rank): number {
  if (typeof a === 'string' || typeof b === 'string') return textOrder(String(a), String(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function keyText(key: Exact): string {
  if (typeof key === 'string') return key;
  if (key instanceof PyUnsafe) return key.text;
  if (key === null) return 'null';
  if (typeof key === 'boolean' || typeof key === 'bigint') return String(key);
  if (typeof key === 'number') return number(key);
  if (key instanceof PyFloat) return float(key.number);
  throw new UnprintableError('JSON takes only text and numbers as keys');
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : float(value);
}

function float(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatText(value);
}

/** By code points; only beyond the basic plane does that differ from JavaScript's own order. */
function textOrder(a: string, b: string): number {
  if (/[\ud800-\uffff]/.test(a) || /[\ud800-\uffff]/.test(b)) return byCodePoint(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}
