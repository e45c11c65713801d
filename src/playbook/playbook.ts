import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, isSeq, type Node } from 'yaml';
import { InputError, InputErrors } from '../base/errors.js';
import { nearestName } from '../base/nearest.js';
import { wholeFile } from '../base/place.js';
import { keyText, parseYaml, readText, type YamlFile } from '../inventory/formats/yaml/source.js';
import { isEmptyPattern } from '../inventory/pattern/empty-pattern.js';
import { instead } from './ansible-keys.js';
import { isTemplate } from './file-modes.js';
import type { BatchSize, Play, Playbook, RoleUse } from './model.js';
import { type Keys, type MapReader, Reader } from './reader.js';
import { readUserTasks, readVars } from './user-tasks.js';

const PLAY: Keys = {
  what: 'A play',
  known: [
    'name',
    'hosts',
    'pre_tasks',
    'roles',
    'tasks',
    'post_tasks',
    'tags',
    'serial',
    'turns',
    'any_errors_fatal',
    'vital',
    'max_fail_percentage',
    'become',
    'gather_facts',
    'vars',
  ],
  instead: instead.play,
};
const ROLE: Keys = { what: 'A role', known: ['role', 'hosts', 'tags'] };

/**
 * Reads a playbook. Role names are looked up by the caller.
 * @throws InputErrors with file:line:column for everything in it that is wrong.
 */
export async function loadPlaybook(path: string): Promise<Playbook> {
  if (!existsSync(path))
    throw new InputError({ what: 'There is no such playbook', where: wholeFile(path), fix: 'Check the path' });
  if (statSync(path).isDirectory())
    throw new InputError({ what: 'This is a directory, not a playbook', where: wholeFile(path), fix: 'Name the file in it' });
  const text = readText(path, 'playbook');
  if (/^\s*\[[\w.:-]+\]\s*$/m.test(text) && !/^\s*-/m.test(text)) throw notPlaybook(path);
  const yaml = parse(text, path);
  const reader = new Reader(yaml);
  const plays: Play[] = [];
  if (
    isMap(yaml.root) &&
    yaml.root.items.some((pair) => isMap(pair.value) && (pair.value.has('hosts') || pair.value.has('children')))
  )
    throw notPlaybook(path);
  if (!isSeq(yaml.root) || yaml.root.items.length === 0)
    reader.wrong(yaml.root, 'A playbook is a list of plays', 'Begin each play with - name:');
  else for (const item of yaml.root.items) plays.push(...(readPlay(reader, item as Node) ?? []));
  if (reader.problems.length > 0) throw new InputErrors(reader.inOrder());
  return { path, dir: resolve(dirname(path)), plays };
}

function notPlaybook(path: string): InputError {
  return new InputError({
    what: 'This is an inventory, not a playbook',
    where: wholeFile(path),
    fix: `Write the playbook first and the inventory after -i: kubewright run PLAYBOOK -i ${path}`,
  });
}

/** @throws InputError, with better wording than the parser's for two faults. */
function parse(text: string, path: string): YamlFile {
  try {
    return parseYaml(text, path);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { parts } = error;
    const line = (typeof parts.where === 'object' && text.split('\n')[parts.where.line - 1]) || '';
    if (/multiple documents/.test(parts.why ?? '')) {
      const why = 'It contains several documents, separated by ---';
      throw new InputError({ ...parts, why, fix: 'Write one file for each, or all plays in one list' });
    }
    throw /^ *\t/.test(line) ? new InputError({ ...parts, fix: 'Indent with spaces, not with tabs' }) : error;
  }
}

function readPlay(reader: Reader, node: Node): Play[] | undefined {
  const inner = reader.yaml.follow(node);
  if (isMap(inner)) {
    const imported = inner.items.find((p) => /^(ansible\.builtin\.)?import_playbook$/.test(keyText(p.key)));
    if (imported) {
      reader.wrong(imported.key as Node, 'A play has no import_playbook', instead.play('import_playbook') ?? '');
      return undefined;
    }
  }
  const map = reader.map(node, PLAY, 'Begin it with - name:');
  if (!map) return undefined;
  const hosts = readHosts(map);
  if (!map.has('hosts')) map.lacks('A play needs hosts', 'Write hosts: GROUP');
  const name = map.line('name');
  const ids = new Set<string>();
  const play = {
    preTasks: readUserTasks(reader, map, 'pre_tasks', ids),
    roles: readRoles(reader, map),
    tasks: readUserTasks(reader, map, 'tasks', ids),
    postTasks: readUserTasks(reader, map, 'post_tasks', ids),
    tags: map.words('tags'),
    serial: readSerial(map),
    turns: readTurns(map),
    anyErrorsFatal: map.flag('any_errors_fatal'),
    vital: readHosts(map, 'vital'),
    maxFailPercentage: map.number('max_fail_percentage', 0, 100),
    vars: readVars(reader, map),
    source: map.source,
  };
  if (map.has('become') && map.value('become') !== true)
    map.wrong(
      'become',
      'Tasks run as root',
      'Remove become; a part of the shell text runs as another user with runuser -u NAME -- COMMAND',
    );
  // Ansible's users write it in every play; facts are gathered when a role needs them.
  map.flag('gather_facts');
  if (!['roles', 'tasks', 'pre_tasks', 'post_tasks'].some((k) => map.has(k)))
    map.lacks('A play needs something to do', 'Write roles: [NAME], or tasks: with a list of tasks');
  return hosts === undefined ? undefined : [{ ...play, name: name ?? hosts, hosts }];
}

function readHosts(map: MapReader, key: 'hosts' | 'turns' | 'vital' = 'hosts'): string | undefined {
  if (!map.has(key)) return undefined;
  const value = map.value(key);
  if (isTemplate(String(value)))
    return map.wrong(
      key,
      `${key} is a pattern, and holds no expressions`,
      'Write a pattern that all of them match, and choose among them with --limit',
    );
  const named = (v: unknown): v is string => typeof v === 'string' && !isEmptyPattern(v);
  if (named(value)) return value;
  if (Array.isArray(value) && value.length > 0 && value.every(named)) return value.join(',');
  return map.wrong(key, `${key} must be a pattern or a list of patterns`, `Write ${key}: GROUP`);
}

function readTurns(map: MapReader): string | undefined {
  if (!map.has('turns')) return undefined;
  if (map.has('serial')) return map.wrong('turns', 'A play has either serial or turns', 'Remove one of them');
  return readHosts(map, 'turns');
}

function readRoles(reader: Reader, map: MapReader): RoleUse[] {
  if (!map.has('roles')) return [];
  const value = map.value('roles');
  const nodes =
    typeof value === 'string' ? [map.nodeOf('roles') ?? null] : reader.list(map.nodeOf('roles'), 'roles', 'Write roles: [NAME]');
  const seen = new Set<string>();
  return nodes.flatMap((node) => {
    const use = readRole(reader, node);
    if (use && seen.has(use.name)) reader.wrong(node, `The play has the role ${use.name} twice`, 'Remove one of them');
    if (use) seen.add(use.name);
    return use ?? [];
  });
}

function readRole(reader: Reader, node: Node | null): RoleUse | undefined {
  const value = reader.yaml.valueOf(node);
  if (typeof value === 'string' && value !== '') return { name: value, tags: [], source: reader.yaml.sourceOf(node) };
  const map = reader.map(node, ROLE, 'Write the name of a role, or role: NAME with tags: [TAG]');
  const name = map?.text('role')?.text;
  if (map && !map.has('role')) map.lacks('This role has no name', 'Write role: NAME');
  const hosts = map && readHosts(map);
  return map && name
    ? { name, ...(hosts === undefined ? {} : { hosts }), tags: map.words('tags'), source: map.source }
    : undefined;
}

function readSerial(map: MapReader): BatchSize[] | undefined {
  if (!map.has('serial')) return undefined;
  const value = map.value('serial');
  const list = Array.isArray(value) ? value : [value];
  const sizes = list.map((v) => (typeof v === 'string' && /^\d+$/.test(v) ? Number(v) : v));
  const good = (v: unknown): v is BatchSize =>
    (typeof v === 'number' && Number.isInteger(v) && v > 0) ||
    (typeof v === 'string' && /^[1-9]\d*(\.\d+)?%$/.test(v) && Number.parseFloat(v) <= 100);
  if (sizes.length > 0 && sizes.every(good)) return sizes;
  return map.wrong(
    'serial',
    'serial must be a number of hosts, a percentage, or a list of them',
    "Write serial: 1, serial: '20%' or serial: [1, 5, '30%']",
  );
}

/** The nearest known name, or all of them. */
export function didYouMean(word: string, names: readonly string[], what: string): string {
  const near = nearestName(word, names);
  return near ? `Did you mean ${near}?` : `${what}: ${names.join(', ')}`;
}
