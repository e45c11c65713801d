import { isMap, isScalar, type Node } from 'yaml';
import { ShellWordsError } from '../base/shell-words.js';
import { variablesOf } from '../inventory/formats/yaml/source.js';
import type { Variable } from '../inventory/model/values.js';
import { instead } from './ansible-keys.js';
import { isTemplate, modeObjection, ownerObjection } from './file-modes.js';
import type { Action, Guard, Text, UserTask } from './model.js';
import type { Keys, MapReader, Reader } from './reader.js';
import { scriptWords } from './script-words.js';

const TASK: Keys = {
  what: 'A task',
  known: ['name', 'id', 'run', 'check', 'creates', 'copy', 'script', 'sensitive', 'timeout', 'tags', 'hint', 'when', 'vars'],
  instead: instead.task,
};
const COPY: Keys = {
  what: 'copy',
  known: ['src', 'content', 'dest', 'mode', 'owner', 'group'],
  instead: instead.copy,
};
const SCRIPT: Keys = { what: 'script', known: ['src', 'args', 'creates', 'check'] };
const ACTIONS = ['run', 'copy', 'script'] as const;

/** A list of tasks. `ids` are those of the play so far. */
export function readUserTasks(reader: Reader, play: MapReader, key: string, ids: Set<string>): UserTask[] {
  if (!play.has(key) || play.value(key) === null) return [];
  const items = reader.list(play.nodeOf(key), key, `Begin each of ${key} with - name:`);
  return items.flatMap((item) => readUserTask(reader, item, ids) ?? []);
}

function readUserTask(reader: Reader, node: Node | null, ids: Set<string>): UserTask | undefined {
  const map = reader.map(node, TASK, 'Begin it with - name:');
  if (!map) return undefined;
  const action = readAction(reader, map);
  const name = map.line('name');
  if (!map.has('name')) map.lacks('A task needs a name', 'Write name: WHAT IT DOES');
  const task = {
    id: idOf(map, name ?? 'task', ids),
    name: name ?? '',
    sensitive: map.flag('sensitive'),
    timeoutSec: map.number('timeout', 1, 86_400),
    tags: map.words('tags'),
    hint: map.text('hint'),
    when: condition(map),
    vars: readVars(reader, map),
    source: map.source,
  };
  return action && name !== undefined ? { ...task, action } : undefined;
}

/** `when` may be a list, all of which must hold, or a plain boolean. */
function condition(map: MapReader): Text | undefined {
  const value = map.value('when');
  if (Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === 'string' || typeof v === 'boolean')) {
    return { text: value.map((v) => `(${String(v)})`).join(' and '), source: map.source };
  }
  return typeof value === 'boolean' ? { text: String(value), source: map.source } : map.text('when');
}

function idOf(map: MapReader, name: string, ids: Set<string>): string {
  const given = map.text('id')?.text;
  if (given !== undefined) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(given))
      map.wrong('id', 'An id consists of letters, digits, dots, dashes and slashes', 'Write id: my-task');
    else if (ids.has(given)) map.wrong('id', `Two tasks of this play have the id ${given}`, 'Give one of them another');
    ids.add(given);
    return given;
  }
  const slug =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '') || 'task';
  let id = slug;
  for (let n = 2; ids.has(id); n++) id = `${slug}-${n}`;
  ids.add(id);
  return id;
}

export function readVars(reader: Reader, map: MapReader): ReadonlyMap<string, Variable> {
  if (!map.has('vars')) return new Map();
  const node = map.nodeOf('vars');
  if (isMap(reader.yaml.follow(node))) return variablesOf(reader.yaml, node, 'vars');
  map.wrong('vars', 'vars must be a map of names and values', 'Write name: value');
  return new Map();
}

function readAction(reader: Reader, map: MapReader): Action | undefined {
  const given = ACTIONS.filter((a) => map.has(a));
  if (given.length !== 1) {
    const what = given.length === 0 ? 'A task needs something to do' : `A task does one thing, not ${given.join(' and ')}`;
    if (given.length === 0) map.lacks(what, 'Write one of run:, copy:, script:');
    else reader.wrong(map.node, what, 'Remove all but one of them');
    return undefined;
  }
  switch (given[0]) {
    case 'copy':
      if (map.has('check') || map.has('creates'))
        map.wrong(map.has('check') ? 'check' : 'creates', 'copy checks by itself whether there is anything to do', 'Remove it');
      return readCopy(reader, map);
    case 'script':
      return readScript(reader, map);
    default: {
      const run = map.text('run');
      return run ? { kind: 'run', run, ...readGuard(map) } : undefined;
    }
  }
}

function readGuard(map: MapReader): Guard {
  if (map.has('check') && map.has('creates')) map.wrong('creates', 'check and creates exclude each other', 'Remove one of them');
  const creates = map.text('creates');
  if (creates && !isPath(creates.text)) map.wrong('creates', 'creates must be an absolute path', 'Begin it with /');
  return { check: map.text('check'), creates };
}

function readScript(reader: Reader, task: MapReader): Action | undefined {
  const value = task.value('script');
  if (typeof value === 'string' && value.trim() !== '') {
    const source = reader.yaml.sourceOf(task.nodeOf('script'));
    const [src = '', ...args] = wordsOf(task, 'script', value);
    return { kind: 'script', src: { text: src, source }, args: args.map((text) => ({ text, source })), ...readGuard(task) };
  }
  const map = reader.map(task.nodeOf('script'), SCRIPT, 'Write script: {src: FILE}');
  if (!map) return undefined;
  const src = map.text('src');
  if (!map.has('src')) map.lacks('script needs src', 'Write src: FILE, a path beside the playbook');
  const outer = task.has('check') || task.has('creates');
  if (outer && (map.has('check') || map.has('creates')))
    task.wrong(task.has('check') ? 'check' : 'creates', 'The script already has a check', 'Remove one of them');
  const args = argumentsOf(map);
  return src ? { kind: 'script', src, args, ...readGuard(outer ? task : map) } : undefined;
}

function wordsOf(map: MapReader, key: string, text: string): string[] {
  try {
    return scriptWords(text);
  } catch (error) {
    if (!(error instanceof ShellWordsError)) throw error;
    const what = error.reason;
    map.wrong(key, `${what.charAt(0).toUpperCase()}${what.slice(1)}`, 'Close it, or write \\ before a literal quote');
    return [];
  }
}

function argumentsOf(map: MapReader): Text[] {
  const value = map.value('args');
  if (value === undefined) return [];
  const source = map.source;
  const list = typeof value === 'string' ? wordsOf(map, 'args', value) : value;
  if (Array.isArray(list) && list.every((w) => typeof w === 'string' || typeof w === 'number'))
    return list.map((w) => ({ text: String(w), source }));
  map.wrong('args', 'args must be words', 'Write args: [WORD, WORD]');
  return [];
}

function readCopy(reader: Reader, task: MapReader): Action | undefined {
  const map = reader.map(task.nodeOf('copy'), COPY, 'Write copy: {src: FILE, dest: /PATH}');
  if (!map) return undefined;
  const before = reader.problems.length;
  const src = map.text('src');
  const raw = map.value('content');
  if (map.has('src') === map.has('content'))
    reader.wrong(map.node, 'copy needs either src or content', 'Write src: FILE, or content: with the text itself');
  if (raw !== undefined && typeof raw !== 'string' && typeof raw !== 'number')
    map.wrong('content', 'content must be text', 'Write content: | and the text below it, indented');
  const dest = map.text('dest');
  if (!map.has('dest')) map.lacks('copy needs dest', 'Write dest: /PATH');
  else if (dest && !isPath(dest.text)) map.wrong('dest', 'dest must be an absolute path', 'Begin it with /');
  else if (dest && !src && dest.text.endsWith('/'))
    map.wrong('dest', 'content needs the name of a file', 'Name the file in dest');
  const copy = { kind: 'copy', mode: modeOf(map), owner: ownerOf(map, 'owner'), group: ownerOf(map, 'group') } as const;
  if (reader.problems.length > before || !dest) return undefined;
  const content = src ? { src } : { text: String(raw), source: reader.yaml.sourceOf(map.nodeOf('content')) };
  return { ...copy, content, dest };
}

/** As written: in YAML 1.1 a bare 0644 is the number 420. */
function modeOf(map: MapReader): Text | undefined {
  if (!map.has('mode')) return undefined;
  const node = map.nodeOf('mode');
  const text = String(isScalar(node) ? (node.source ?? node.value) : '');
  const objection = isTemplate(text) ? undefined : modeObjection(text);
  return objection ? map.wrong('mode', ...objection) : map.text('mode') && { text, source: map.sourceOf('mode') };
}

function ownerOf(map: MapReader, key: 'owner' | 'group'): Text | undefined {
  const name = map.text(key);
  const objection = name && !isTemplate(name.text) ? ownerObjection(key, name.text) : undefined;
  return objection ? map.wrong(key, ...objection) : name;
}

function isPath(text: string): boolean {
  return text.startsWith('/') || text.startsWith('{{');
}
