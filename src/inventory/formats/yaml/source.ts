import { readFileSync } from 'node:fs';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parse, visit, type YAMLMap } from 'yaml';
import type { Warning } from '../../../base/errors.js';
import { InputError } from '../../../base/errors.js';
import { ioError } from '../../../base/io-error.js';
import type { Place } from '../../../base/place.js';
import { Dict, isList, PyFloat, PyOther, PyUnsafe, type PyValue } from '../../model/python-values.js';
import { keyText as exactKeyText, toPlain, type Variable, type VarValue, variable } from '../../model/values.js';
import { openFile } from '../../vault/keyring.js';
import { parseLoosely } from './free-indent.js';
import { jsonNodes } from './json-nodes.js';
import { knownLineEnds, refusalOf } from './refusals.js';
import type { YamlEntry } from './values.js';
import { YamlValues } from './values.js';

/** A YAML (or JSON) file with the place of everything in it. */
export interface YamlFile {
  readonly root: Node | null;
  /** It is JSON. */
  readonly json: boolean;
  /** Duplicate keys, with their places. */
  readonly warnings: readonly Warning[];
  sourceOf(node: Node | null | undefined): Place;
  valueOf(node: Node | null | undefined): VarValue;
  /** The value as Python has it. */
  exactOf(node: Node | null | undefined): PyValue;
  /** What a map holds: aliases followed, `<<` merged, of duplicate keys the last. */
  entriesOf(map: YAMLMap): YamlEntry[];
  /** The node itself, or the target of its alias. */
  follow(node: Node | null | undefined): Node | null;
}

/** A value that begins with `{{` or `{%` and no quote: a map to YAML, but meant as a template. */
const OPEN_TEMPLATE = /^[^'"#]*[:-]\s+\{[{%]/;
/** Characters that libyaml's reader accepts. */
const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * Parses JSON, or else YAML 1.1, as Ansible does: `yes` and `no` are booleans. `!vault` gives a VaultValue.
 * @throws InputError with file:line:column and the parser's reason.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const fail = (offset: number, why: string, fix: string): InputError => {
    const s = at(offset);
    const line = text.slice(text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1).split('\n', 1)[0] ?? '';
    const help = OPEN_TEMPLATE.test(line) ? 'Put the template in quotes: "{{ … }}"' : fix;
    return new InputError({ what: 'This is not valid YAML', where: s, why, fix: help });
  };
  const json = jsonNodes(text);
  if (json) {
    lines.addNewLine(0);
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lines.addNewLine(i + 1);
  }
  const root = json ?? yamlNodes(text, lines, fail);
  const values = new YamlValues({
    json: json !== undefined,
    anchors: json || !/[&*]/.test(text) ? new Map() : anchorsOf(root, fail),
    at,
    fail,
  });
  return {
    root,
    json: json !== undefined,
    warnings: values.warnings,
    sourceOf: (node) => at(node?.range?.[0] ?? 0),
    valueOf: (node) => toPlain(values.exactOf(node)),
    exactOf: (node) => values.exactOf(node),
    entriesOf: (map) => values.entriesOf(map),
    follow: (node) => values.follow(node),
  };
}

function yamlNodes(
  given: string,
  lines: LineCounter,
  fail: (offset: number, why: string, fix: string) => InputError,
): Node | null {
  const text = knownLineEnds(given);
  const control = UNPRINTABLE.exec(text.startsWith('\uFEFF') ? text.slice(1) : text);
  const error = (offset: number, why: string): InputError =>
    fail(offset, why, 'Correct the file; indentation and quotes are the usual reasons');
  let document: ReturnType<typeof parseLoosely>;
  try {
    document = parseLoosely(text, {
      version: '1.1',
      schema: 'failsafe',
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      // At 'silent' several documents would pass.
      logLevel: 'error',
    });
  } catch (cause) {
    // The parser's own limits: a thousand open brackets, a broken %-line.
    throw error(
      0,
      cause instanceof RangeError ? 'It is nested too deeply' : cause instanceof Error ? cause.message : String(cause),
    );
  }
  if (control) throw error(control.index, `The character ${JSON.stringify(control[0])} is not allowed here`);
  // libyaml reads a # right after quotes and brackets as a comment.
  const first = document.errors.find((e) => !e.message.startsWith('Comments must be separated'));
  if (first) throw error(first.pos[0], first.message.split('\n')[0] ?? '');
  const refusal = refusalOf(document, text);
  if (refusal) throw fail(refusal.at, refusal.why, 'Ansible cannot read it: put text in quotes, indent with spaces');
  if (/\\\r?\n[ \t]*\r?\n/.test(text)) joinLines(document.contents, text);
  if (!/(?:^|[\n\r\x85\u2028\u2029])$/.test(text)) endBlock(document.contents, text);
  return document.contents;
}

/** Empty lines after a line that ends with `\` in double quotes are line ends (YAML 1.1, 5.7 and 9.3.1): the parser folds them. */
function joinLines(root: Node | null, text: string): void {
  visit(root, {
    Scalar(_key, node) {
      if (node.type !== 'QUOTE_DOUBLE' || !node.range) return;
      const given = text.slice(node.range[0], node.range[1]);
      const joined = given.replaceAll(/\\(?:(\r?\n[ \t]*(?:\r?\n[ \t]*)*)|.)/g, (written: string, ends: string | undefined) =>
        ends === undefined ? written : '\\n'.repeat(ends.split('\n').length - 2),
      );
      if (joined !== given) node.value = parse(joined, { version: '1.1', schema: 'failsafe' });
    },
  });
}

/**
 * A block (`|`, `>`) at the end of a file without a final newline has none either: the parser adds one, PyYAML does
 * not.
 */
function endBlock(root: Node | null, text: string): void {
  // The indentation of a last line of spaces is not part of the block.
  const last = /\n[ ]*$/.test(text) ? /(?:^|\n)[ \t]+\n$/ : /[^\n]\n$/;
  visit(root, {
    Scalar(_key, node) {
      const block = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
      if (!block || typeof node.value !== 'string' || (node.range?.[1] ?? 0) < text.length) return;
      if (last.test(node.value)) node.value = node.value.slice(0, -1);
    },
  });
}

/** The targets of `&names`. @throws for a duplicate name, as PyYAML does. */
function anchorsOf(root: Node | null, fail: (offset: number, why: string, fix: string) => InputError): Map<string, Node> {
  const anchors = new Map<string, Node>();
  if (root === null) return anchors;
  visit(root, {
    Node(_key, node) {
      if (isAlias(node)) {
        if (!anchors.has(node.source))
          throw fail(
            node.range?.[0] ?? 0,
            `*${node.source} refers to an anchor that is not defined before it`,
            `Write &${node.source} before it`,
          );
      } else if (node.anchor) {
        if (anchors.has(node.anchor))
          throw fail(node.range?.[0] ?? 0, `&${node.anchor} is defined twice`, 'Give each anchor its own name');
        anchors.set(node.anchor, node);
      }
    },
  });
  return anchors;
}

/** A key as text. */
export function keyText(key: unknown): string {
  if (!isScalar(key)) return String(key);
  return String(key.type === 'PLAIN' || key.type === undefined ? (key.source ?? key.value) : key.value);
}

/** Reads a variables file: one map. @throws InputError if it cannot be read, or is something else. */
export function readVariables(file: string, warn?: (warning: Warning) => void): Map<string, Variable> {
  const { text, secret } = openFile(readText(file, 'file of variables'), file);
  const yaml = parseYaml(text, file);
  const node = yaml.follow(yaml.root);
  // Empty files are ignored: `---`, `[]`, `""`.
  if (isEmpty(node === null ? null : yaml.exactOf(node))) return new Map();
  const vars = variablesOf(yaml, node, 'A file of variables');
  for (const w of yaml.warnings) warn?.(w);
  return secret ? new Map([...vars].map(([name, v]) => [name, { ...v, secret }])) : vars;
}

/** Whether Python treats it as false. */
export function isEmpty(value: PyValue): boolean {
  if (value === null || value === false || value === '' || value === 0) return true;
  if (typeof value !== 'object') return false;
  if (isList(value)) return value.length === 0;
  if (value instanceof PyFloat) return value.number === 0;
  if (value instanceof PyUnsafe) return value.text === '';
  if (value instanceof PyOther) return value.items.length === 0 && (value.type === 'set' || value.text === '');
  return value instanceof Dict && value.size === 0;
}

/** @throws InputError unless the node is a map. */
export function variablesOf(yaml: YamlFile, given: Node | null | undefined, what: string): Map<string, Variable> {
  const node = yaml.follow(given);
  if (!node || (isScalar(node) && yaml.exactOf(node) === null)) return new Map();
  if (!isMap(node)) {
    const s = yaml.sourceOf(given);
    throw new InputError({
      what: `${what} must be a map of names and values`,
      where: s,
      why: isSeq(node) ? 'It is a list' : undefined,
      fix: 'Write name: value',
    });
  }
  return new Map(
    yaml
      .entriesOf(node)
      .map((e) => [exactKeyText(e.exactKey), variable(yaml.exactOf(e.value), yaml.sourceOf(e.keyNode), e.exactKey)] as const),
  );
}

/** @throws InputError if the file cannot be read, or is not text. */
export function readText(file: string, kind: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new InputError(ioError(`The ${kind} cannot be read`, file, cause));
  }
  return decodeText(bytes, file);
}

/** @throws InputError unless it is UTF-8. */
export function decodeText(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const good = bytes.toString('utf8').split('\uFFFD')[0] ?? '';
    const before = good.split('\n');
    throw new InputError({
      what: 'File is not valid UTF-8',
      where: { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 },
      fix: 'Save the file as UTF-8',
    });
  }
}
