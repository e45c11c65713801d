import { existsSync, readFileSync, statSync } from 'node:fs';
import { InputError } from '../../base/errors.js';
import { nearestName } from '../../base/nearest.js';
import { wholeFile } from '../../base/place.js';
import { glob } from '../../base/text/glob.js';
import { parseAddress } from '../draft/address.js';
import { LOCALHOST } from '../draft/draft.js';
import { groupName, groupNames } from '../model/group-names.js';
import type { Inventory } from '../model/model.js';
import { pythonRegex, RegexError } from '../python/regex.js';

export interface PatternOptions {
  /** A pattern that matches nothing gives an empty list: a play may have no hosts. Names must exist all the same. */
  readonly allowEmpty?: boolean;
}

/**
 * Hosts that a play's pattern matches, in Ansible's order: that of the pattern.
 * Source: ansible/inventory/manager.py; https://docs.ansible.com/ansible/latest/inventory_guide/intro_patterns.html
 * @throws InputError for an unknown name, and for a pattern that matches nothing.
 */
export function resolvePattern(inventory: Inventory, pattern: string, o: PatternOptions = {}): string[] {
  const search = new Search(inventory);
  const found = search.evaluate(splitPattern(pattern).flatMap(linesOf));
  if (found.length === 0 && !o.allowEmpty) {
    throw new InputError({
      what: `The pattern ${pattern} matches no host`,
      fix: `Groups are: ${[...inventory.groups.keys()].join(', ')}`,
    });
  }
  return found;
}

/** Commas separate; without commas colons do, except those of an address with a port. */
function splitPattern(pattern: string): string[] {
  const parts = pattern.includes(',')
    ? pattern.split(',')
    : parseAddress(pattern, true)
      ? [pattern]
      : (pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? []);
  return parts.map((p) => p.trim()).filter((p) => p !== '');
}

/** `@file`: one pattern per line. */
function linesOf(part: string): string[] {
  if (!part.startsWith('@')) return [part];
  const path = part.slice(1);
  if (!existsSync(path))
    throw new InputError({ what: 'There is no such file of hosts', where: wholeFile(path), fix: 'Check the path after @' });
  if (statSync(path).isDirectory())
    throw new InputError({
      what: 'This is a directory, not a file of hosts',
      where: wholeFile(path),
      fix: 'Name the file after @',
    });
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '' && !l.startsWith('#'));
}

interface NamedGroup {
  /** Old and new names of kubespray: either refers to it. */
  readonly names: readonly string[];
  readonly hosts: readonly string[];
}

const SUBSCRIPT = /^(.+)\[(?:(-?[0-9]+)|([0-9]+)([:-])([0-9]*))\]$/;

class Search {
  readonly #inventory: Inventory;
  readonly #groups: readonly NamedGroup[];

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
    const named = new Set<string>();
    const groups: NamedGroup[] = [];
    for (const name of [...(inventory.written?.groups.keys() ?? []), ...inventory.groups.keys()]) {
      const now = groupName(name);
      if (named.has(now)) continue;
      named.add(now);
      groups.push({ names: groupNames(now), hosts: inventory.groups.get(now)?.hosts ?? [] });
    }
    this.#groups = groups;
  }

  /** Those without a sign first, then the & and then the !. */
  evaluate(parts: readonly string[]): string[] {
    const plain = parts.filter((p) => !p.startsWith('!') && !p.startsWith('&'));
    let found = new Set<string>();
    for (const part of plain.length > 0 ? plain : ['all']) for (const h of this.#one(part)) found.add(h);
    for (const part of parts.filter((p) => p.startsWith('&'))) {
      const keep = new Set(this.#one(part.slice(1)));
      found = new Set([...found].filter((h) => keep.has(h)));
    }
    for (const part of parts.filter((p) => p.startsWith('!'))) for (const h of this.#one(part.slice(1))) found.delete(h);
    return [...found];
  }

  #one(part: string): readonly string[] {
    if (part === '') {
      // `! web`: without this check exactly the hosts to be excluded would be selected.
      throw new InputError({
        what: 'Nothing follows a ! or & of the pattern',
        why: 'Whitespace separates names',
        fix: 'Write it without whitespace: !NAME or &NAME',
      });
    }
    if (this.#inventory.hosts.has(part)) return [part];
    const subscript = part.startsWith('~') ? null : SUBSCRIPT.exec(part);
    return subscript ? slice(this.#matches(subscript[1] ?? ''), subscript, part) : this.#matches(part);
  }

  #matches(part: string): string[] {
    const test = tester(part);
    const groups = this.#groups.filter((g) => g.names.some(test));
    // A host that is listed several times counts several times for [N], as in Ansible.
    const out = groups.flatMap((g) => [...g.hosts]);
    if (groups.length === 0 || /^~|[.?*[]/.test(part)) for (const h of this.#inventory.hosts.keys()) if (test(h)) out.push(h);
    if (out.length === 0 && groups.length === 0 && part !== 'all') throw this.#unknown(part);
    return out;
  }

  #unknown(part: string): InputError {
    const names = [...this.#inventory.hosts.keys(), ...this.#groups.flatMap((g) => g.names)];
    const groups = `Groups are: ${[...this.#inventory.groups.keys()].join(', ')}`;
    if (LOCALHOST.includes(part))
      return new InputError({
        what: `${part} is not in the inventory`,
        why: 'Kubewright works only on hosts of the inventory; Ansible would add a host of this name',
        fix: `Add it: ${part} ansible_connection=local`,
      });
    if (/^~|[?*[]/.test(part)) return new InputError({ what: `The pattern ${part} matches no host and no group`, fix: groups });
    const near = nearestName(part, names);
    const mixed = part.includes(':') ? 'Separate by commas or by colons, not both. ' : '';
    return new InputError({
      what: `There is no host and no group ${part}`,
      fix: mixed + (near ? `Did you mean ${near}?` : groups),
    });
  }
}

function tester(part: string): (name: string) => boolean {
  if (!part.startsWith('~')) {
    if (!/[?*[]/.test(part)) return (name) => name === part;
    const regex = glob(part);
    return (name) => regex.test(name);
  }
  try {
    const regex = pythonRegex(part.slice(1));
    return (name) => regex.test(name);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    throw new InputError({
      what: `${part} is not a regular expression that Kubewright understands`,
      why: error.message,
      fix: 'Write a Python regular expression without what is named here',
    });
  }
}

/** Both ends of a range belong to it. */
function slice(hosts: readonly string[], match: RegExpExecArray, part: string): string[] {
  if (hosts.length === 0) return [];
  const [, , index, start = '0', , end = ''] = match;
  // As in Ansible [2:0] is the one host 2.
  if (index !== undefined || (end !== '' && Number(end) === 0)) {
    const host = hosts.at(Number(index ?? start));
    if (host !== undefined) return [host];
    throw new InputError({
      what: `${part} matches no host`,
      why: `The pattern has ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}, counted from 0`,
      fix: 'Choose a smaller number',
    });
  }
  return hosts.slice(Number(start), end === '' ? undefined : Number(end) + 1);
}
