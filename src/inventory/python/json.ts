import { byCodePoint } from '../../base/by-code-point.js';
import { Dict, isList, PyDate, PyFloat, PyUnsafe, type PyValue, VaultValue } from '../model/python-values.js';
import { floatText, UnprintableError } from './text.js';

/** Keys that Python cannot sort: text and numbers mixed. */
export class UnsortableError extends Error {}

/** Length after which text is flushed: appending to long text leaves millions of pieces that are copied again and again. */
const PIECE = 65_536;

/** Aliases in aliases can make a few lines of YAML print forever. Characters; a string can have no more than 2^29. */
const LONGEST = 400_000_000;

/**
 * Python's `json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False)`, as ansible-inventory calls it: where keys
 * cannot be sorted, nothing is.
 * @throws UnprintableError for sets, bytes and the like.
 */
export function jsonText(value: PyValue): string {
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
  /** Text flushed so far. */
  readonly #pieces: string[] = [];
  #flushed = 0;
  /** By depth: hosts by the thousand have the same keys in the same order. */
  readonly #layouts: Layout[] = [];

  constructor(sort: boolean) {
    this.#sort = sort;
  }

  text(value: PyValue): string {
    this.#write(value, 0);
    return this.#pieces.join('') + this.#out;
  }

  #flush(): void {
    this.#flushed += this.#out.length;
    if (this.#flushed > LONGEST) throw new UnprintableError('it is too large to print');
    // Reading a character flattens appended text into one piece.
    this.#out.charCodeAt(0);
    this.#pieces.push(this.#out);
    this.#out = '';
  }

  #write(value: PyValue, depth: number): void {
    if (typeof value === 'string') this.#out += JSON.stringify(value);
    else if (value === null) this.#out += 'null';
    else if (typeof value === 'boolean' || typeof value === 'bigint') this.#out += String(value);
    else if (typeof value === 'number') this.#out += number(value);
    else if (isList(value)) this.#list(value, depth);
    else if (value instanceof PyFloat) this.#out += float(value.number);
    else if (value instanceof PyUnsafe) this.#dict([['__ansible_unsafe', value.text]], depth);
    else if (value instanceof VaultValue) this.#dict([['__ansible_vault', value.ciphertext]], depth);
    else if (value instanceof PyDate) this.#out += JSON.stringify(value.iso);
    else if (value instanceof Dict) this.#dict([...value.entries()], depth);
    else throw new UnprintableError(`JSON cannot hold ${value.type === 'complex' ? 'complex numbers' : value.type}`);
  }

  #list(items: readonly PyValue[], depth: number): void {
    if (items.length === 0) {
      this.#out += '[]';
      return;
    }
    if (this.#out.length > PIECE) this.#flush();
    const inner = lineAt(depth + 1);
    let before = `[${inner}`;
    for (const item of items) {
      this.#out += before;
      this.#write(item, depth + 1);
      before = `,${inner}`;
    }
    this.#out += `${lineAt(depth)}]`;
  }

  #dict(entries: readonly Entry[], depth: number): void {
    if (entries.length === 0) {
      this.#out += '{}';
      return;
    }
    if (this.#out.length > PIECE) this.#flush();
    let layout = this.#layouts[depth];
    if (!layout?.fits(entries)) {
      layout = new Layout(entries, depth + 1, this.#sort);
      this.#layouts[depth] = layout;
    }
    for (const { at, label } of layout.lines) {
      const entry = entries[at];
      if (entry === undefined) continue;
      this.#out += label;
      this.#write(entry[1], depth + 1);
    }
    this.#out += `${lineAt(depth)}}`;
  }
}

const LINES: string[] = [];

/** A newline and the indentation of the next line. */
function lineAt(depth: number): string {
  let line = LINES[depth];
  if (line === undefined) {
    line = depth === 0 ? '\n' : `${lineAt(depth - 1)}    `;
    LINES[depth] = line;
  }
  return line;
}

type Entry = readonly [PyValue, PyValue];

/** The lines of a dict without their values. */
class Layout {
  readonly #keys: readonly PyValue[];
  /** The index of each entry in output order, and the text before its value. */
  readonly lines: readonly { readonly at: number; readonly label: string }[];

  /** @throws UnsortableError for keys of mixed types. */
  constructor(entries: readonly Entry[], depth: number, sort: boolean) {
    this.#keys = entries.map(([key]) => key);
    const texts = this.#keys.map((key) => JSON.stringify(keyText(key)));
    const places = sort && entries.length > 1 ? sortedPlaces(this.#keys) : this.#keys.keys();
    this.lines = Array.from(places, (at, nth) => ({ at, label: `${nth === 0 ? '{' : ','}${lineAt(depth)}${texts[at]}: ` }));
  }

  fits(entries: readonly Entry[]): boolean {
    const keys = this.#keys;
    if (keys.length !== entries.length) return false;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (typeof key !== 'string' || key !== entries[i]?.[0]) return false;
    }
    return true;
  }
}

/** Indexes of the keys, in Python's sort order. @throws UnsortableError */
export function sortedPlaces(keys: readonly PyValue[]): number[] {
  if (keys.length < 2) return [...keys.keys()];
  const ranks = keys.map((key, at) => ({ rank: rankOf(key), at }));
  const text = typeof ranks[0]?.rank === 'string';
  // Text and numbers do not compare.
  if (ranks.some((r) => (typeof r.rank === 'string') !== text)) throw new UnsortableError();
  ranks.sort((a, b) => compare(a.rank, b.rank));
  return ranks.map((r) => r.at);
}

type Rank = string | number | bigint;

/** What Python compares. @throws UnsortableError for what it cannot. */
function rankOf(key: PyValue): Rank {
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

function keyText(key: PyValue): string {
  if (typeof key === 'string') return key;
  if (key instanceof PyUnsafe) return key.text;
  if (key === null) return 'null';
  if (typeof key === 'boolean' || typeof key === 'bigint') return String(key);
  if (typeof key === 'number') return number(key);
  if (key instanceof PyFloat) return float(key.number);
  throw new UnprintableError('JSON allows only text and numbers as keys');
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
