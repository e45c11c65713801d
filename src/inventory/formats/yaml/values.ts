import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import type { InputError, Warning } from '../../../base/errors.js';
import type { Place } from '../../../base/place.js';
import {
  Dict,
  isList,
  type KeyId,
  keyId,
  PyDict,
  PyOther,
  PyTuple,
  PyUnsafe,
  type PyValue,
  pyFloat,
  pyInt,
  VaultValue,
} from '../../model/python-values.js';
import { keyText } from '../../model/values.js';
import { plainScalar, ScalarError, yamlBool, yamlFloat, yamlInt, yamlTimestamp } from './scalar.js';

export interface YamlEntry {
  readonly key: string;
  readonly exactKey: PyValue;
  readonly keyNode: Node | null;
  readonly value: Node | null;
}

export interface YamlContext {
  /** Scalars are JSON's, not YAML's. */
  readonly json: boolean;
  readonly anchors: ReadonlyMap<string, Node>;
  readonly at: (offset: number) => Place;
  readonly fail: (offset: number, why: string, fix: string) => InputError;
}

const STANDARD = 'tag:yaml.org,2002:';

/** Turns nodes into values as PyYAML's constructor does, Ansible's tags included. Values of anchors are shared. */
export class YamlValues {
  readonly warnings: Warning[] = [];
  readonly #c: YamlContext;
  readonly #done = new Map<Node, PyValue>();
  readonly #open = new Set<Node>();
  readonly #warned = new Set<Node>();
  readonly #merging = new Set<Node>();

  constructor(context: YamlContext) {
    this.#c = context;
  }

  follow(node: Node | null | undefined): Node | null {
    return isAlias(node) ? (this.#c.anchors.get(node.source) ?? null) : (node ?? null);
  }

  exactOf(given: Node | null | undefined): PyValue {
    const node = this.follow(given);
    if (!node) return null;
    const known = this.#done.get(node);
    if (known !== undefined) return known;
    if (this.#open.has(node)) throw this.#fail(given, 'A value contains itself', 'Remove the alias');
    this.#open.add(node);
    try {
      const value = this.#construct(node);
      if (!isScalar(node) || node.anchor) this.#done.set(node, value);
      return value;
    } catch (error) {
      if (error instanceof ScalarError) throw this.#fail(node, error.message, 'Quote it if it is meant as text');
      throw error;
    } finally {
      this.#open.delete(node);
    }
  }

  /** Merged entries first, then the map's own; of a duplicate key the last value, at the first place. */
  entriesOf(map: YAMLMap): YamlEntry[] {
    const out = new Map<KeyId, YamlEntry>();
    const own = new Set<string>();
    const put = (e: YamlEntry): void => {
      // 1, 1.0 and yes are the same key; it keeps the form that it had first.
      const id = keyId(e.exactKey);
      const first = out.get(id);
      out.set(id, first ? { ...e, key: first.key, exactKey: first.exactKey } : e);
    };
    for (const e of this.#merged(map)) put(e);
    for (const e of this.#own(map)) {
      const twice = own.has(e.key);
      if (twice && !this.#c.json && e.keyNode && !this.#warned.has(e.keyNode)) {
        this.#warned.add(e.keyNode);
        const s = this.#c.at(e.keyNode.range?.[0] ?? 0);
        this.warnings.push({ what: `${e.key} appears twice; the last one wins`, where: s });
      }
      own.add(e.key);
      put(e);
    }
    return [...out.values()];
  }

  #own(map: YAMLMap): YamlEntry[] {
    return map.items
      .filter((pair) => !this.#isMerge(pair.key))
      .map(({ key, value }) => {
        const exactKey = this.#key(key as Node | null);
        return { key: keyText(exactKey), exactKey, keyNode: key as Node | null, value: value as Node | null };
      });
  }

  #key(node: Node | null): PyValue {
    const followed = this.follow(node);
    if (isMap(followed) || (isSeq(followed) && followed.tag !== '!unsafe'))
      throw this.#fail(node, 'A list or a map cannot be a key', 'Write a name before the colon');
    // As a key `=` is text.
    return isScalar(followed) && this.#untagged(followed) && followed.source === '=' ? '=' : this.exactOf(node);
  }

  /** What `<<` brings in. Of several maps in a list the first wins; of several `<<` the last. */
  #merged(map: YAMLMap): YamlEntry[] {
    const out: YamlEntry[] = [];
    for (const { key, value } of map.items) {
      if (!this.#isMerge(key)) continue;
      const node = this.follow(value as Node | null);
      if (isMap(node)) out.push(...this.#flattened(node));
      else if (isSeq(node)) {
        for (const item of [...node.items].reverse()) {
          const part = this.follow(item as Node | null);
          if (!isMap(part))
            throw this.#fail(item as Node, 'Only maps can be merged with <<', 'Name an anchor of a map: <<: *NAME');
          out.push(...this.#flattened(part));
        }
      } else throw this.#fail(key as Node, 'Only maps can be merged with <<', 'Name an anchor of a map: <<: *NAME');
    }
    return out;
  }

  #flattened(map: YAMLMap): YamlEntry[] {
    if (this.#merging.has(map)) throw this.#fail(map, 'A map is merged into itself', 'Remove the alias');
    this.#merging.add(map);
    try {
      return [...this.#merged(map), ...this.#own(map)];
    } finally {
      this.#merging.delete(map);
    }
  }

  #isMerge(key: unknown): boolean {
    if (this.#c.json || !isScalar(key)) return false;
    return (this.#untagged(key) && key.source === '<<') || key.tag === `${STANDARD}merge`;
  }

  /** A plain scalar whose text decides what it is. */
  #untagged(node: Scalar): boolean {
    return node.tag === undefined && (node.type === 'PLAIN' || node.type === undefined);
  }

  #construct(node: Node): PyValue {
    const tag = isScalar(node) || isMap(node) || isSeq(node) ? node.tag : undefined;
    if (tag === undefined || tag === '!') {
      if (isMap(node)) return this.#map(node);
      if (isSeq(node)) return node.items.map((i) => this.exactOf(i as Node | null));
      if (!isScalar(node)) return null;
      const plain = node.type === 'PLAIN' || node.type === undefined;
      // With a lone ! libyaml reads an empty scalar as text, and ignores quotes.
      if (tag === '!') return plain && node.source === '' ? '' : plainScalar(this.#text(node));
      if (!plain) return this.#text(node);
      const text = node.source ?? this.#text(node);
      return this.#c.json ? jsonScalar(text) : plainScalar(text);
    }
    if (tag === '!vault' || tag === '!vault-encrypted') {
      if (!isScalar(node)) throw this.#fail(node, 'An encrypted value must be text', 'Write !vault | and the envelope below it');
      return new VaultValue(this.#text(node), this.#c.at(node.range?.[0] ?? 0));
    }
    if (tag === '!unsafe') return unsafe(isScalar(node) ? this.#text(node) : this.#untyped(node));
    return this.#tagged(node, tag);
  }

  #tagged(node: Node, tag: string): PyValue {
    const name = tag.startsWith(STANDARD) ? tag.slice(STANDARD.length) : tag.startsWith('!!') ? tag.slice(2) : undefined;
    if (isScalar(node)) {
      const text = this.#text(node);
      if (name === 'str' || name === 'python/unicode') return text;
      if (name === 'int') return yamlInt(text);
      if (name === 'float') return yamlFloat(text);
      if (name === 'bool') return yamlBool(text);
      if (name === 'null') return null;
      if (name === 'timestamp') return yamlTimestamp(text);
      if (name === 'binary') return new PyOther('bytes', Buffer.from(text, 'base64').toString('latin1'));
    } else if (isSeq(node)) {
      if (name === 'seq') return this.#untyped(node);
      if (name === 'omap' || name === 'pairs') return node.items.map((i) => this.#pairOf(i as Node));
    } else if (isMap(node)) {
      if (name === 'map' || name === 'python/dict') return this.#map(node);
      if (name === 'set')
        return new PyOther(
          'set',
          '',
          this.entriesOf(node).map((e) => e.exactKey),
        );
    }
    throw this.#fail(node, `The tag ${name === undefined ? tag : `!!${name}`} does not fit this value`, 'Remove the tag');
  }

  #pairOf(node: Node): PyValue {
    const map = this.follow(node);
    const entry = isMap(map) && map.items.length === 1 ? this.#own(map)[0] : undefined;
    if (!entry) throw this.#fail(node, 'Each item must be a map with one name', 'Write - name: value');
    return PyTuple.make([entry.exactKey, this.exactOf(entry.value)]);
  }

  #untyped(node: Node): PyValue {
    if (isMap(node)) return this.#map(node);
    return isSeq(node) ? node.items.map((i) => this.exactOf(i as Node | null)) : null;
  }

  #map(node: YAMLMap): PyValue {
    // Values of duplicate keys must be valid as well.
    for (const pair of node.items) if (!this.#isMerge(pair.key)) this.exactOf(pair.value as Node | null);
    const entries = this.entriesOf(node).map((e) => [e.exactKey, this.exactOf(e.value)] as const);
    if (this.#c.json) {
      // What Ansible itself writes for these.
      const own = entries.find(([k]) => k === '__ansible_vault' || k === '__ansible_unsafe');
      if (own?.[0] === '__ansible_unsafe') return unsafe(own[1]);
      if (own && typeof own[1] === 'string') return new VaultValue(own[1], this.#c.at(node.range?.[0] ?? 0));
    }
    return new PyDict(entries);
  }

  #text(node: Scalar): string {
    return String(node.value ?? node.source ?? '');
  }

  #fail(node: Node | null | undefined, why: string, fix: string): InputError {
    return this.#c.fail(node?.range?.[0] ?? 0, why, fix);
  }
}

function jsonScalar(text: string): PyValue {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  if (text === 'NaN') return pyFloat(Number.NaN);
  if (text.endsWith('Infinity')) return pyFloat(text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  return /[.eE]/.test(text) ? pyFloat(Number(text)) : pyInt(BigInt(text));
}

/** Marks all text in a value. */
function unsafe(value: PyValue): PyValue {
  if (typeof value === 'string') return new PyUnsafe(value);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof PyTuple) return PyTuple.make(value.map(unsafe));
  if (isList(value)) return value.map(unsafe);
  return value instanceof Dict ? new PyDict(Array.from(value.entries(), ([k, v]) => [unsafe(k), unsafe(v)])) : value;
}
