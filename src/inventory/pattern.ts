import { existsSync, readFileSync } from 'node:fs';
import { InputError } from '../errors.js';
import type { Inventory } from './model.js';
import { groupName } from './names.js';
import { nearestName } from './nearest.js';

export interface PatternOptions {
  /** A pattern that matches nothing gives an empty list: the hosts of a play may be none. Names must exist all the same. */
  readonly allowEmpty?: boolean;
}

/**
 * Hosts that a pattern of `--limit` or of a play stands for, in the inventory's order.
 * Source: https://docs.ansible.com/ansible/latest/inventory_guide/intro_patterns.html
 * @throws InputError for an unknown name, and for a pattern that matches nothing.
 */
export function resolvePattern(inventory: Inventory, pattern: string, o: PatternOptions = {}): string[] {
  const parts = splitPattern(expandFile(pattern));
  const plain = parts.filter((p) => !p.startsWith('!') && !p.startsWith('&'));
  let found = new Set(plain.length > 0 ? plain.flatMap((p) => select(inventory, p)) : inventory.hosts.keys());
  for (const part of parts.filter((p) => p.startsWith('&'))) {
    const keep = new Set(select(inventory, part.slice(1)));
    found = new Set([...found].filter((h) => keep.has(h)));
  }
  for (const part of parts.filter((p) => p.startsWith('!'))) for (const h of select(inventory, part.slice(1))) found.delete(h);
  if (found.size === 0 && !o.allowEmpty) {
    throw new InputError({
      what: `The pattern ${pattern} matches no host`,
      todo: `Groups are: ${[...inventory.groups.keys()].join(', ')}`,
    });
  }
  return [...inventory.hosts.keys()].filter((h) => found.has(h));
}

/** Commas always separate; colons do, but not inside of brackets and not in addresses. */
function splitPattern(pattern: string): string[] {
  return pattern
    .split(',')
    .flatMap((p) => (/^[!&]?~/.test(p.trim()) ? [p] : (p.match(/(?:[^:[\]]|\[[^\]]*\])+/g) ?? [])))
    .map((p) => p.trim())
    .filter((p) => p !== '');
}

function expandFile(pattern: string): string {
  if (!pattern.startsWith('@')) return pattern;
  const path = pattern.slice(1);
  if (!existsSync(path))
    throw new InputError({ what: 'There is no such file of hosts', where: path, todo: 'Check the path after @' });
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '' && !l.startsWith('#'))
    .join(',');
}

function select(inventory: Inventory, part: string): string[] {
  const hosts = [...inventory.hosts.keys()];
  if (part.startsWith('~')) {
    const regex = new RegExp(part.slice(1));
    const groups = [...inventory.groups.values()].filter((g) => regex.test(g.name));
    return [...groups.flatMap((g) => g.hosts), ...hosts.filter((h) => regex.test(h))];
  }
  const subscript = /^(.+)\[(-?\d*)(?::(-?\d*))?\]$/.exec(part);
  if (subscript && !inventory.hosts.has(part))
    return slice(byName(inventory, subscript[1] ?? ''), subscript[2] ?? '', subscript[3]);
  return byName(inventory, part);
}

function byName(inventory: Inventory, name: string): string[] {
  if (/[*?]/.test(name)) {
    const regex = new RegExp(
      `^${name
        .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    );
    const groups = [...inventory.groups.values()].filter((g) => regex.test(g.name));
    return [...groups.flatMap((g) => g.hosts), ...[...inventory.hosts.keys()].filter((h) => regex.test(h))];
  }
  const group = inventory.groups.get(groupName(name));
  if (group) return [...group.hosts];
  if (inventory.hosts.has(name)) return [name];
  const near = nearestName(name, [...inventory.hosts.keys(), ...inventory.groups.keys()]);
  throw new InputError({
    what: `There is no host and no group ${name}`,
    todo: near ? `Did you mean ${near}?` : `Groups are: ${[...inventory.groups.keys()].join(', ')}`,
  });
}

/** Python's indices, but both ends of a range belong to it. */
function slice(list: readonly string[], first: string, last: string | undefined): string[] {
  const index = (text: string, otherwise: number): number =>
    text === '' ? otherwise : Number(text) < 0 ? list.length + Number(text) : Number(text);
  if (last === undefined) return list.slice(index(first, 0), index(first, 0) + 1);
  return list.slice(index(first, 0), index(last, list.length - 1) + 1);
}
