import { readFileSync } from 'node:fs';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument, type YAMLMap } from 'yaml';
import { InputError } from '../errors.js';
import { type Source, type Variable, type VarValue, VaultValue } from './model.js';
import { openFile } from './vault/keyring.js';

export interface YamlEntry {
  readonly key: string;
  readonly keyNode: Node | null;
  readonly value: Node | null;
}

/** A YAML (or JSON) file with the place of everything in it. */
export interface YamlFile {
  readonly root: Node | null;
  sourceOf(node: Node | null | undefined): Source;
  valueOf(node: Node | null | undefined): VarValue;
  /** What a map holds: aliases followed, `<<` merged, of keys that stand twice the last. */
  entriesOf(map: YAMLMap): YamlEntry[];
  /** The node itself, or what its alias stands for. */
  follow(node: Node | null | undefined): Node | null;
}

/**
 * Parses YAML 1.1, as Ansible does: `yes` and `no` are booleans.
 * @throws InputError with file:line:column and the parser's reason.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument<ParsedNode>(text, {
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  const at = (offset: number): Source => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const fail = (offset: number, why: string, todo: string): InputError => {
    const s = at(offset);
    return new InputError({ what: 'This is not valid YAML', where: `${file}:${s.line}:${s.column}`, why, todo });
  };
  const error = document.errors[0];
  if (error) {
    const why = error.message.split('\n')[0] ?? '';
    throw fail(error.pos[0], why, 'Correct the file; indentation and quotes are the usual reasons');
  }
  const follow = (node: Node | null | undefined): Node | null =>
    isAlias(node) ? (node.resolve(document) ?? null) : (node ?? null);
  const sourceOf = (node: Node | null | undefined): Source => at(node?.range?.[0] ?? 0);
  const entriesOf = (map: YAMLMap): YamlEntry[] => {
    const out = new Map<string, YamlEntry>();
    for (const { key, value } of map.items) {
      const merged = follow(value as Node | null);
      if (keyText(key) !== '<<' || !(isMap(merged) || isSeq(merged))) {
        out.set(keyText(key), { key: keyText(key), keyNode: key as Node | null, value: value as Node | null });
        continue;
      }
      // What stands in the map itself wins over what is merged, and of several merged maps the first.
      const own = new Set(map.items.map((p) => keyText(p.key)));
      const taken = new Set(own);
      for (const part of isSeq(merged) ? merged.items.map((i) => follow(i as Node)) : [merged]) {
        if (!isMap(part) || part === map) continue;
        const entries = entriesOf(part).filter((e) => !taken.has(e.key));
        for (const e of entries) out.set(e.key, e);
        for (const e of entries) taken.add(e.key);
      }
    }
    return [...out.values()];
  };
  const open = new Set<Node>();
  const toValue = (given: Node | null | undefined): VarValue => {
    const node = follow(given);
    if (!node) return null;
    if (node.tag === '!vault') {
      return new VaultValue(isScalar(node) ? String(node.value) : '', sourceOf(node));
    }
    if (isScalar(node)) return scalar(node.value, node.source);
    if (open.has(node)) throw fail(given?.range?.[0] ?? 0, 'A value contains itself', 'Take the alias out');
    open.add(node);
    const value = isMap(node)
      ? Object.fromEntries(entriesOf(node).map((e) => [e.key, toValue(e.value)]))
      : isSeq(node)
        ? node.items.map((i) => toValue(i as Node))
        : null;
    open.delete(node);
    return value;
  };
  return { root: document.contents, sourceOf, valueOf: toValue, entriesOf, follow };
}

function scalar(value: unknown, text: string | undefined): VarValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  // The standard has y and n as booleans, PyYAML has not.
  if (typeof value === 'boolean') return text !== undefined && /^[yYnN]$/.test(text) ? text : value;
  if (typeof value === 'number') {
    // PyYAML wants a dot before the exponent: 1e3 is text. A number that cannot be held exactly stays text, too.
    if (text !== undefined && (/^[-+]?\d+[eE]/.test(text) || (Number.isInteger(value) && !Number.isSafeInteger(value))))
      return text;
    return value;
  }
  if (value instanceof Date) return text ?? value.toISOString();
  return String(value);
}

export function keyText(key: unknown): string {
  return isScalar(key) ? String(key.source ?? key.value) : String(key);
}

/** Reads a file of variables: one map. @throws InputError when it cannot be read, or is something else. */
export function readVariables(file: string): Map<string, Variable> {
  const { text, secret } = openFile(readText(file, 'file of variables'), file);
  const yaml = parseYaml(text, file);
  const variables = variablesOf(yaml, yaml.root, 'A file of variables');
  return secret ? new Map([...variables].map(([name, v]) => [name, { ...v, secret }])) : variables;
}

/** @throws InputError when the node is no map. */
export function variablesOf(yaml: YamlFile, given: Node | null | undefined, what: string): Map<string, Variable> {
  const node = yaml.follow(given);
  if (!node || (isScalar(node) && node.value === null)) return new Map();
  if (!isMap(node)) {
    const s = yaml.sourceOf(given);
    throw new InputError({
      what: `${what} must be a map of names and values`,
      where: `${s.file}:${s.line}:${s.column}`,
      todo: 'Write name: value',
    });
  }
  return new Map(
    yaml.entriesOf(node).map((e) => [e.key, { value: yaml.valueOf(e.value), source: yaml.sourceOf(e.keyNode) }] as const),
  );
}

/** @throws InputError when the file cannot be read. */
export function readText(file: string, kind: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError({
      what: `The ${kind} cannot be read`,
      where: file,
      why: cause instanceof Error ? cause.message : undefined,
      todo: 'Check the path and its permissions',
      cause,
    });
  }
}
