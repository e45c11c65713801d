import { type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';

class NotJson extends Error {}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const WORD = /true|false|null|NaN|-?Infinity/y;
/** Python also gives up here, and YAML is tried. */
const DEEPEST = 900;

/**
 * JSON as Python's `json` reads it (NaN and Infinity are numbers), as nodes with places; undefined: it is not JSON.
 * Ansible tries this before YAML, and 1e5 is a number in JSON and text in YAML.
 */
export function jsonNodes(text: string): Node | undefined {
  if (!/^[ \t\r\n]*["[{\-\dtfnNI]/.test(text)) return undefined;
  try {
    return new Reader(text).document();
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Node {
    const node = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw new NotJson();
    return node;
  }

  #space(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return;
      this.#at++;
    }
  }

  #value(): Node {
    this.#space();
    const start = this.#at;
    const c = this.#text[start];
    if (c === '"') return this.#string();
    if (c === '{' || c === '[') {
      if (++this.#depth > DEEPEST) throw new NotJson();
      const node = c === '{' ? this.#map() : this.#seq();
      this.#depth--;
      return this.#placed(node, start);
    }
    const token = this.#take(WORD) ?? this.#take(NUMBER);
    if (token === undefined) throw new NotJson();
    const scalar = new Scalar<unknown>(token);
    scalar.type = 'PLAIN';
    scalar.source = token;
    return this.#placed(scalar, start);
  }

  #string(): Scalar {
    this.#space();
    const start = this.#at;
    const token = this.#take(STRING);
    if (token === undefined) throw new NotJson();
    const scalar = new Scalar<unknown>(token.includes('\\') ? JSON.parse(token) : token.slice(1, -1));
    scalar.type = 'QUOTE_DOUBLE';
    return this.#placed(scalar, start);
  }

  #map(): YAMLMap {
    const map = new YAMLMap();
    this.#at++;
    this.#space();
    if (this.#accept('}')) return map;
    for (;;) {
      const key = this.#string();
      this.#space();
      if (!this.#accept(':')) throw new NotJson();
      map.items.push(new Pair(key, this.#value()));
      this.#space();
      if (this.#accept('}')) return map;
      if (!this.#accept(',')) throw new NotJson();
    }
  }

  #seq(): YAMLSeq {
    const seq = new YAMLSeq();
    this.#at++;
    this.#space();
    if (this.#accept(']')) return seq;
    for (;;) {
      seq.items.push(this.#value());
      this.#space();
      if (this.#accept(']')) return seq;
      if (!this.#accept(',')) throw new NotJson();
    }
  }

  #placed<T extends Node>(node: T, start: number): T {
    node.range = [start, this.#at, this.#at];
    return node;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0];
    if (match !== undefined) this.#at += match.length;
    return match;
  }

  #accept(c: string): boolean {
    if (this.#text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }
}
