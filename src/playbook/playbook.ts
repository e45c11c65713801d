import { existsSync, readFileSync } from 'node:fs';
import { isMap, isSeq, type Node } from 'yaml';
import { InputError } from '../errors.js';
import type { Source, VarValue } from '../inventory/model.js';
import { nearestName } from '../inventory/nearest.js';
import { keyText, parseYaml, type YamlFile } from '../inventory/yaml-source.js';

/** Which hosts get which roles, in which order. */
export interface Play {
  readonly name: string;
  /** Host pattern. */
  readonly hosts: string;
  readonly roles: readonly string[];
  readonly tags: readonly string[];
  /** Hosts at a time; absent: all. */
  readonly serial?: number | `${number}%`;
  /** A failed host ends the run after this play. */
  readonly anyErrorsFatal: boolean;
  readonly source: Source;
}

const KEYS = ['name', 'hosts', 'roles', 'tags', 'serial', 'any_errors_fatal'];

/** Reads a playbook. @throws InputError with file:line:column for everything that a play cannot have. */
export async function loadPlaybook(path: string): Promise<Play[]> {
  if (!existsSync(path)) throw new InputError({ what: 'There is no such playbook', where: path, todo: 'Check the path' });
  const yaml = parseYaml(readFileSync(path, 'utf8'), path);
  if (!isSeq(yaml.root) || yaml.root.items.length === 0)
    throw wrong(yaml, yaml.root, 'A playbook is a list of plays', 'Begin each play with - name:');
  return yaml.root.items.map((item) => play(yaml, item as Node));
}

function play(yaml: YamlFile, node: Node): Play {
  if (!isMap(node)) throw wrong(yaml, node, 'A play is a map', 'Begin it with - name:');
  const nodes = new Map<string, Node | null>();
  for (const pair of node.items) {
    const key = keyText(pair.key);
    if (!KEYS.includes(key)) {
      const near = nearestName(key, KEYS);
      throw wrong(
        yaml,
        pair.key as Node,
        `A play has no ${key}`,
        near ? `Did you mean ${near}?` : `A play has: ${KEYS.join(', ')}`,
      );
    }
    nodes.set(key, pair.value as Node | null);
  }
  const value = (key: string): VarValue | undefined => (nodes.has(key) ? yaml.valueOf(nodes.get(key)) : undefined);
  const hosts = value('hosts');
  if (typeof hosts !== 'string' || hosts === '')
    throw wrong(yaml, nodes.get('hosts') ?? node, 'A play needs hosts', 'Write hosts: GROUP');
  const name = value('name');
  return {
    name: typeof name === 'string' ? name : hosts,
    hosts,
    roles: words(yaml, nodes, 'roles', node),
    tags: nodes.has('tags') ? words(yaml, nodes, 'tags', node) : [],
    serial: serial(yaml, nodes),
    anyErrorsFatal: flag(yaml, nodes, 'any_errors_fatal'),
    source: yaml.sourceOf(node),
  };
}

function words(yaml: YamlFile, nodes: ReadonlyMap<string, Node | null>, key: string, play: Node): string[] {
  const value = yaml.valueOf(nodes.get(key));
  const list = typeof value === 'string' ? [value] : value;
  if (Array.isArray(list) && list.length > 0 && list.every((v) => typeof v === 'string')) return list as string[];
  throw wrong(yaml, nodes.get(key) ?? play, `${key} must be a list of names`, `Write ${key}: [NAME]`);
}

function serial(yaml: YamlFile, nodes: ReadonlyMap<string, Node | null>): Play['serial'] {
  if (!nodes.has('serial')) return undefined;
  const value = yaml.valueOf(nodes.get('serial'));
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  if (typeof value === 'string' && /^[1-9]\d*%$/.test(value)) return `${Number(value.slice(0, -1))}%`;
  throw wrong(yaml, nodes.get('serial'), 'serial must be a number of hosts or a percentage', "Write serial: 1 or serial: '20%'");
}

function flag(yaml: YamlFile, nodes: ReadonlyMap<string, Node | null>, key: string): boolean {
  if (!nodes.has(key)) return false;
  const value = yaml.valueOf(nodes.get(key));
  if (typeof value === 'boolean') return value;
  throw wrong(yaml, nodes.get(key), `${key} must be true or false`, `Write ${key}: true`);
}

function wrong(yaml: YamlFile, node: Node | null | undefined, what: string, todo: string): InputError {
  const s = yaml.sourceOf(node);
  return new InputError({ what, where: `${s.file}:${s.line}:${s.column}`, todo });
}
