import { VaultValue } from './model.js';
import { type Exact, entriesOf, isList, PyDate, PyFloat, PyOther, PyTuple, PyUnsafe } from './python.js';
import { floatText, UnprintableError } from './python-text.js';
import { byCodePoint } from './sources.js';

/** Keys that Python cannot sort: text beside numbers. */
class UnsortableError extends Error {}

/** Aliases in aliases can make a few lines of YAML print for ever. */
const MOST_CHUNKS = 20_000_000;

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
  readonly #out: string[] = [];
  /** Keys repeat by the thousand. */
  readonly #quoted = new Map<string, string>();

  constructor(sort: boolean) {
    this.#sort = sort;
  }

  text(value: Exact): string {
    this.#write(value, '\n');
    return this.#out.join('');
  }

  #write(value: Exact, newline: string): void {
    const out = this.#out;
    if (out.length > MOST_CHUNKS) throw new UnprintableError('it would print without end');
    if (typeof value === 'string') out.push(JSON.stringify(value));
    else if (value === null) out.push('null');
    else if (typeof value === 'boolean' || typeof value === 'bigint') out.push(String(value));
    else if (typeof value === 'number') out.push(number(value));
    else if (value instanceof PyFloat) out.push(float(value.number));
    else if (value instanceof PyUnsafe) this.#dict([['__ansible_unsafe', value.text]], newline);
    else if (value instanceof VaultValue) this.#dict([['__ansible_vault', value.ciphertext]], newline);
    else if (value instanceof PyDate) out.push(JSON.stringify(value.iso));
    else if (value instanceof PyTuple) this.#list(value.items, newline);
    else if (value instanceof PyOther)
      throw new UnprintableError(`JSON has no ${value.type === 'complex' ? 'complex numbers' : value.type}`);
    else if (isList(value)) this.#list(value, newline);
    else this.#dict(entriesOf(value) ?? [], newline);
  }

  #list(items: readonly Exact[], newline: string): void {
    if (items.length === 0) {
      this.#out.push('[]');
      return;
    }
    const inner = `${newline}    `;
    let before = `[${inner}`;
    for (const item of items) {
      this.#out.push(before);
      this.#write(item, inner);
      before = `,${inner}`;
    }
    this.#out.push(newline, ']');
  }

  #dict(given: readonly (readonly [Exact, Exact])[], newline: string): void {
    if (given.length === 0) {
      this.#out.push('{}');
      return;
    }
    const entries = this.#sort ? sorted(given) : given;
    const inner = `${newline}    `;
    let before = `{${inner}`;
    for (const [key, value] of entries) {
      this.#out.push(before, this.#key(key));
      this.#write(value, inner);
      before = `,${inner}`;
    }
    this.#out.push(newline, '}');
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

/** @throws UnsortableError for keys of several kinds. */
function sorted(entries: readonly (readonly [Exact, Exact])[]): readonly (readonly [Exact, Exact])[] {
  if (entries.length < 2) return entries;
  const keyed = entries.map(([key, value]) => {
    if (typeof key === 'string') return { key, rank: key, value };
    if (key instanceof PyUnsafe) return { key, rank: key.text, value };
    const rank = key instanceof PyFloat ? key.number : typeof key === 'boolean' ? Number(key) : key;
    if (typeof rank === 'number' || typeof rank === 'bigint') return { key, rank, value };
    throw new UnsortableError();
  });
  const kind = typeof keyed[0]?.rank === 'string';
  // Text and numbers do not compare.
  if (keyed.some((k) => (typeof k.rank === 'string') !== kind)) throw new UnsortableError();
  return keyed
    .sort((a, b) =>
      typeof a.rank === 'string' || typeof b.rank === 'string'
        ? textOrder(String(a.rank), String(b.rank))
        : a.rank < b.rank
          ? -1
          : a.rank > b.rank
            ? 1
            : 0,
    )
    .map((k) => [k.key, k.value] as const);
}

/** By code points; only beyond the basic plane does that differ from JavaScript's own order. */
function textOrder(a: string, b: string): number {
  if (/[\ud800-\uffff]/.test(a) || /[\ud800-\uffff]/.test(b)) return byCodePoint(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}
