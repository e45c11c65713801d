import { readFileSync } from 'node:fs';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import { InputError } from '../errors.js';
import type { Source, Variable, VarValue } from './model.js';

/** A YAML (or JSON) file with the place of everything in it. */
export interface YamlFile {
  readonly root: Node | null;
  sourceOf(node: Node | null | undefined): Source;
  valueOf(node: Node | null | undefined): VarValue;
}

/**
 * Parses YAML 1.1, as Ansible does: `yes` and `no` are booleans.
 * @throws InputError with file:line:column and the parser's reason; also for values encrypted with Ansible Vault.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  if (text.startsWith('$ANSIBLE_VAULT')) throw vault(file);
  const document = parseDocument<ParsedNode>(text, {
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
  });
  const at = (offset: number): Source => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const error = document.errors[0];
  if (error) {
    const s = at(error.pos[0]);
    throw new InputError({
      what: 'This is not valid YAML',
      where: `${file}:${s.line}:${s.column}`,
      why: error.message.split('\n')[0],
      todo: 'Correct the file; indentation and quotes are the usual reasons',
    });
  }
  const sourceOf = (node: Node | null | undefined): Source => at(node?.range?.[0] ?? 0);
  const toValue = (node: Node | null | undefined): VarValue => {
    if (!node) return null;
    if (isAlias(node)) return toValue(node.resolve(document));
    if (node.tag === '!vault') {
      const s = sourceOf(node);
      throw vault(`${file}:${s.line}:${s.column}`);
    }
    if (isMap(node)) return Object.fromEntries(node.items.map((p) => [keyText(p.key), toValue(p.value as Node | null)]));
    if (isSeq(node)) return node.items.map((i) => toValue(i as Node));
    if (!isScalar(node)) return null;
    const { value } = node;
    if (value instanceof Date) return node.source ?? value.toISOString();
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : value === null
        ? null
        : String(value);
  };
  return { root: document.contents, sourceOf, valueOf: toValue };
}

export function keyText(key: unknown): string {
  return isScalar(key) ? String(key.source ?? key.value) : String(key);
}

/** Reads a file of variables: one map. */
export function readVariables(file: string): Map<string, Variable> {
  const yaml = parseYaml(readFileSync(file, 'utf8'), file);
  if (yaml.root === null || (isScalar(yaml.root) && yaml.root.value === null)) return new Map();
  return variablesOf(yaml, yaml.root, 'A file of variables');
}

/** @throws InputError when the node is no map. */
export function variablesOf(yaml: YamlFile, node: Node | null | undefined, what: string): Map<string, Variable> {
  if (!node || (isScalar(node) && node.value === null)) return new Map();
  if (!isMap(node)) {
    const s = yaml.sourceOf(node);
    throw new InputError({
      what: `${what} must be a map of names and values`,
      where: `${s.file}:${s.line}:${s.column}`,
      todo: 'Write name: value',
    });
  }
  return new Map(
    node.items.map((pair) => [
      keyText(pair.key),
      { value: yaml.valueOf(pair.value as Node | null), source: yaml.sourceOf(pair.key as Node) },
    ]),
  );
}

function vault(where: string): InputError {
  return new InputError({
    what: 'This is encrypted with Ansible Vault',
    where,
    why: 'Kubewright cannot decrypt it yet',
    todo: 'Give the value with -e @FILE from a decrypted file, or for passwords KUBEWRIGHT_SSH_PASSWORD and KUBEWRIGHT_BECOME_PASSWORD',
  });
}
