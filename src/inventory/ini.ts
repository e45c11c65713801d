import { InputError } from '../errors.js';
import type { Draft, DraftGroup } from './builder.js';
import { pythonValue } from './literal.js';
import type { Source } from './model.js';
import { expandRange } from './range.js';
import { ShellWordsError, shellWords } from './words.js';

type Section = { readonly kind: 'hosts' | 'children' | 'vars'; readonly group: DraftGroup };

/**
 * Reads an INI inventory into a draft.
 * Source: https://docs.ansible.com/ansible/latest/collections/ansible/builtin/ini_inventory.html
 * @throws InputError with file:line:column.
 */
export function readIni(text: string, file: string, draft: Draft): void {
  let section: Section = { kind: 'hosts', group: draft.group('ungrouped') };
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .forEach((raw, i) => {
      const line = raw.trim();
      const source: Source = { file, line: i + 1, column: raw.length - raw.trimStart().length + 1 };
      if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
      if (line.startsWith('[')) section = header(line, source, draft);
      else if (section.kind === 'children') child(line, section.group, source, draft);
      else if (section.kind === 'vars') variable(line, section.group, source);
      else hostLine(line, section.group, source, draft);
    });
}

function header(line: string, source: Source, draft: Draft): Section {
  const match = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:[#;].*)?$/.exec(line);
  const name = match?.[1];
  if (!name)
    throw bad('This is not a section header', source, `It reads ${line}`, 'Write [group], [group:children] or [group:vars]');
  const kind = match[2] ?? 'hosts';
  if (kind === 'vars') {
    draft.mentions.push({ group: name, as: 'vars', source });
    return { kind, group: draft.group(name) };
  }
  if (kind === 'hosts' || kind === 'children') return { kind, group: draft.declare(name, source) };
  throw bad(
    `There is no section of the kind :${kind}`,
    source,
    undefined,
    `Write [${name}], [${name}:children] or [${name}:vars]`,
  );
}

function child(line: string, group: DraftGroup, source: Source, draft: Draft): void {
  const name = line.replace(/\s+[#;].*$/, '').trim();
  if (/\s/.test(name)) throw bad(`${name} is not the name of a group`, source, undefined, 'Write one group a line');
  const entry = draft.group(name);
  draft.mentions.push({ group: name, as: 'child', source });
  group.children.add(entry.name);
}

function variable(line: string, group: DraftGroup, source: Source): void {
  const equals = line.indexOf('=');
  if (equals <= 0) throw bad('A variable has no value', source, `It reads ${line}`, 'Write name=value');
  const name = line.slice(0, equals).trim();
  group.vars.set(name, { value: pythonValue(line.slice(equals + 1).trim()), source });
}

function hostLine(line: string, group: DraftGroup, source: Source, draft: Draft): void {
  let words: string[];
  try {
    words = shellWords(line);
  } catch (error) {
    if (!(error instanceof ShellWordsError)) throw error;
    throw bad('This line cannot be split into words', source, error.message, 'Close the quotes');
  }
  const [pattern, ...assignments] = words;
  if (pattern === undefined) return;
  if (/=/.test(pattern))
    throw bad(
      `${pattern} is not the name of a host`,
      source,
      'A line begins with the host, its variables follow',
      `Write NAME ${pattern}, or put it under [${group.name}:vars]`,
    );
  const { names, port } = hostNames(pattern, source);
  for (const name of names) {
    const host = draft.host(name, source);
    group.hosts.add(name);
    if (port !== undefined) host.vars.set('ansible_port', { value: port, source });
    for (const assignment of assignments) {
      const equals = assignment.indexOf('=');
      if (equals <= 0)
        throw bad(
          `${assignment} is not a variable`,
          source,
          'Words after the host are name=value',
          'Quote values that hold spaces',
        );
      host.vars.set(assignment.slice(0, equals), { value: pythonValue(assignment.slice(equals + 1)), source });
    }
  }
}

/** `name`, `name:22`, `[2001:db8::1]:22`, ranges in any of them. */
function hostNames(pattern: string, source: Source): { names: string[]; port?: number } {
  const bracketed = /^\[([0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)\](?::(\d+))?$/.exec(pattern);
  if (bracketed) return { names: [bracketed[1] ?? ''], port: bracketed[2] === undefined ? undefined : Number(bracketed[2]) };
  const withPort = /^((?:[^:[\]]|\[[^\]]*\])+):(\d+)$/.exec(pattern);
  try {
    return { names: expandRange(withPort?.[1] ?? pattern), port: withPort ? Number(withPort[2]) : undefined };
  } catch (error) {
    throw bad(
      `The range in ${pattern} cannot be read`,
      source,
      error instanceof Error ? error.message : undefined,
      'Write it like node[01:09] or node[a:f]',
    );
  }
}

function bad(what: string, s: Source, why: string | undefined, todo: string): InputError {
  return new InputError({ what, where: `${s.file}:${s.line}:${s.column}`, why, todo });
}
