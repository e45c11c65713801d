import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { ErrorParts } from '../base/errors.js';
import { nearestName } from '../base/nearest.js';
import type { Place } from '../base/place.js';
import { keyText, type YamlFile } from '../inventory/formats/yaml/source.js';
import type { VarValue } from '../inventory/model/values.js';
import type { Text } from './model.js';

/** Keys that a map of a playbook may have, and advice for Ansible's keys that it may not. */
export interface Keys {
  /** `A play`, `A task`. */
  readonly what: string;
  readonly known: readonly string[];
  /** What to write instead of a key. */
  readonly instead?: (key: string) => string | undefined;
}

/** Reads one file and collects all its problems, so that they are reported together. */
export class Reader {
  readonly yaml: YamlFile;
  readonly #places: Place[] = [];
  readonly problems: ErrorParts[] = [];

  constructor(yaml: YamlFile) {
    this.yaml = yaml;
  }

  wrong(node: Node | null | undefined, what: string, fix: string): void {
    const s = this.yaml.sourceOf(node);
    this.#places.push(s);
    this.problems.push({ what, where: s, fix });
  }

  /** The problems in file order. */
  inOrder(): ErrorParts[] {
    const rank = (s: Place | undefined): number => (s?.line ?? 0) * 10_000 + (s?.column ?? 0);
    return this.problems
      .map((p, i) => ({ p, at: rank(this.#places[i]) }))
      .sort((a, b) => a.at - b.at)
      .map(({ p }) => p);
  }

  /** The map under a node, with its keys checked; undefined if it is something else. */
  map(given: Node | null | undefined, keys: Keys, begin: string): MapReader | undefined {
    const node = this.yaml.follow(given);
    if (!isMap(node)) {
      this.wrong(given, `${keys.what} is a map`, begin);
      return undefined;
    }
    const values = new Map<string, Node | null>();
    const seen = new Set<string>();
    for (const pair of node.items) {
      const key = keyText(pair.key);
      if (seen.has(key)) this.wrong(pair.key as Node, `${keys.what} has ${key} twice`, 'Remove one of them');
      seen.add(key);
    }
    let strange = false;
    for (const { key, keyNode, value } of this.yaml.entriesOf(node)) {
      if (keys.known.includes(key)) values.set(key, value);
      else {
        strange = true;
        const near = nearestName(key, keys.known);
        const fix = keys.instead?.(key) ?? (near ? `Did you mean ${near}?` : `${keys.what} has: ${keys.known.join(', ')}`);
        this.wrong(keyNode, `${keys.what} has no ${key}`, fix);
      }
    }
    return new MapReader(this, node, values, strange);
  }

  /** The items of a list; otherwise a problem and an empty list. */
  list(given: Node | null | undefined, what: string, fix: string): readonly (Node | null)[] {
    const node = this.yaml.follow(given);
    if (isSeq(node)) return node.items as (Node | null)[];
    this.wrong(given, `${what} must be a list`, fix);
    return [];
  }
}

/** One map, read key by key. Every getter returns undefined for what is missing or wrong. */
export class MapReader {
  readonly node: Node;
  readonly #reader: Reader;
  readonly #values: ReadonlyMap<string, Node | null>;
  readonly #strange: boolean;

  /** `strange`: it has unknown keys. */
  constructor(reader: Reader, node: Node, values: ReadonlyMap<string, Node | null>, strange: boolean) {
    this.#reader = reader;
    this.node = node;
    this.#values = values;
    this.#strange = strange;
  }

  get source(): Place {
    return this.#reader.yaml.sourceOf(this.node);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  nodeOf(key: string): Node | null | undefined {
    return this.#values.get(key);
  }

  value(key: string): VarValue | undefined {
    return this.#values.has(key) ? this.#reader.yaml.valueOf(this.#values.get(key)) : undefined;
  }

  /** Something is missing; next to a mistyped key this adds nothing. */
  lacks(what: string, fix: string): void {
    if (!this.#strange) this.#reader.wrong(this.node, what, fix);
  }

  wrong(key: string, what: string, fix: string): undefined {
    this.#reader.wrong(this.#values.get(key) ?? this.node, what, fix);
  }

  sourceOf(key: string): Place {
    return this.#reader.yaml.sourceOf(this.#values.get(key));
  }

  /** Text that is not empty; numbers count as text. */
  text(key: string): Text | undefined {
    if (!this.has(key)) return undefined;
    const value = this.value(key);
    if ((typeof value === 'string' && value.trim() !== '') || typeof value === 'number')
      return { text: String(value), source: this.sourceOf(key) };
    // `run: true` looks like a shell command, but is a boolean to YAML.
    const node = this.#reader.yaml.follow(this.#values.get(key));
    const written = isScalar(node) && typeof node.source === 'string' ? node.source : '';
    return written === '' || typeof value === 'string'
      ? this.wrong(key, `${key} must be text`, `Write ${key}: TEXT`)
      : this.wrong(key, `${key} must be text, which ${written} is not to YAML`, `Put it in quotes: ${key}: '${written}'`);
  }

  /** Text that is shown on one line, however it was folded. */
  line(key: string): string | undefined {
    const text = this.text(key)?.text.trim().replaceAll(/\s+/g, ' ');
    if (text === undefined || !/[\x00-\x1f\x7f-\x9f]/.test(text)) return text;
    return this.wrong(key, `${key} must be text without control characters`, 'Remove them');
  }

  flag(key: string): boolean {
    const value = this.value(key);
    if (value === undefined || typeof value === 'boolean') return value ?? false;
    this.wrong(key, `${key} must be true or false`, `Write ${key}: true`);
    return false;
  }

  number(key: string, min: number, max: number): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number.parseFloat(value) : value;
    if (typeof number === 'number' && number >= min && number <= max) return number;
    return this.wrong(key, `${key} must be a number from ${min} to ${max}`, `Write ${key}: ${min}`);
  }

  /** A list of words; one word is short for a list of one, and `a, b` for a list of two. */
  words(key: string): string[] {
    const value = this.value(key);
    if (value === undefined) return [];
    const list = typeof value === 'string' ? value.split(',').map((w) => w.trim()) : value;
    if (Array.isArray(list) && list.every((v) => (typeof v === 'string' && v !== '') || typeof v === 'number'))
      return list.map(String);
    this.wrong(key, `${key} must be a list of names`, `Write ${key}: [NAME]`);
    return [];
  }
}
