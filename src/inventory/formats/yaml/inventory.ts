import { isMap, isSeq, type Node, type YAMLMap } from 'yaml';
import { InputError } from '../../../base/errors.js';
import { type Draft, DraftError } from '../../draft/draft.js';
import { hostNames } from '../../draft/host-names.js';
import { PyUnsafe, type PyValue } from '../../model/python-values.js';
import { type Variable, variable } from '../../model/values.js';
import { isEmpty, type YamlFile } from './source.js';
import type { YamlEntry } from './values.js';

const SECTIONS = ['vars', 'children', 'hosts'];

/**
 * Reads a YAML inventory into a draft: groups with `hosts`, `vars` and `children`.
 * Source: ansible/plugins/inventory/yaml.py
 * @throws InputError with file:line:column.
 */
export function readYamlInventory(yaml: YamlFile, draft: Draft): void {
  new YamlReader(yaml, draft).read();
}

class YamlReader {
  readonly #yaml: YamlFile;
  readonly #draft: Draft;

  constructor(yaml: YamlFile, draft: Draft) {
    this.#yaml = yaml;
    this.#draft = draft;
  }

  read(): void {
    const root = this.#yaml.follow(this.#yaml.root);
    // Everything is checked before anything is used, as in PyYAML.
    this.#yaml.exactOf(root);
    if (isSeq(root) && root.items.some((item) => isMap(item) && (item.has('hosts') || item.has('import_playbook')))) {
      const fix = 'Give the inventory with -i; a playbook is run with kubewright run PLAYBOOK -i INVENTORY';
      throw this.#wrong(root, 'This is a playbook, not an inventory', fix);
    }
    if (isMap(root) && root.has('apiVersion') && root.has('kind')) {
      const fix = 'Give the file or directory that lists the hosts with -i';
      throw this.#wrong(root, `This is a ${String(root.get('kind'))} of Kubernetes, not an inventory`, fix);
    }
    if (!isMap(root)) throw this.#wrong(root, 'A YAML inventory is a map of groups', 'Begin with all:');
    const entries = this.#yaml.entriesOf(root);
    if (entries.length === 0) throw this.#wrong(root, 'The inventory is empty', 'Begin with all:');
    const plugin = entries.find((e) => e.exactKey === 'plugin');
    if (plugin && !isEmpty(this.#yaml.exactOf(plugin.value)))
      throw this.#wrong(
        plugin.keyNode,
        `This configures the inventory plugin ${String(this.#yaml.valueOf(plugin.value))}, which Kubewright does not have`,
        'Write its result to a file: ansible-inventory -i THIS --list --export > hosts.json, and give -i hosts.json',
      );
    for (const entry of entries) this.#group(entry);
    this.#draft.warnings.push(...this.#yaml.warnings);
  }

  /** The group's name; undefined if Ansible skips it. */
  #group(entry: YamlEntry): string | undefined {
    const body = this.#yaml.follow(entry.value);
    const nothing = body === null || this.#yaml.exactOf(body) === null;
    if (!nothing && !isMap(body)) {
      this.#warn(entry.keyNode, `${entry.key} is skipped: a group must be a map`);
      return textOf(entry.exactKey);
    }
    const name = textOf(entry.exactKey);
    if (name === undefined || name === '')
      throw this.#wrong(entry.keyNode, `${entry.key || 'Nothing'} cannot be the name of a group`, 'Put it in quotes');
    this.#draft.addGroup(name, this.#yaml.sourceOf(entry.keyNode));
    if (nothing || !isMap(body)) return name;
    const sections = this.#yaml.entriesOf(body);
    for (const s of sections) if (SECTIONS.includes(s.key)) this.#checkSection(s, name);
    for (const section of sections) this.#section(section, name);
    return name;
  }

  #checkSection(section: YamlEntry, group: string): void {
    const value = this.#yaml.follow(section.value);
    if (isMap(value)) return;
    const exact = this.#yaml.exactOf(value);
    if (exact === null || typeof exact === 'string' || exact instanceof PyUnsafe) return;
    throw this.#wrong(
      section.value,
      `${section.key} of ${group} must be a map`,
      section.key === 'vars' ? 'Write name: value under it, without -' : 'Write each as NAME: under it, without -',
    );
  }

  #section(section: YamlEntry, group: string): void {
    const value = this.#yaml.follow(section.value);
    if (!isMap(value)) {
      const exact = this.#yaml.exactOf(value);
      if (exact === null) return;
      if (SECTIONS.includes(section.key) && typeof exact === 'string') {
        // A single name is short for a map with it.
        this.#entry(section.key, { key: exact, exactKey: exact, keyNode: section.value, value: null }, group);
        return;
      }
      this.#warn(section.keyNode, `${section.key} of the group ${group} is skipped: it is not a map`);
      return;
    }
    if (!SECTIONS.includes(section.key)) {
      this.#warn(
        section.keyNode,
        `${section.key} of the group ${group} is skipped: only vars, children and hosts are allowed here`,
      );
      return;
    }
    for (const entry of this.#yaml.entriesOf(value)) this.#entry(section.key, entry, group);
  }

  #entry(section: string, entry: YamlEntry, group: string): void {
    try {
      if (section === 'vars') this.#draft.setVariable(group, entry.key, this.#variable(entry));
      else if (section === 'hosts') this.#hosts(entry, group);
      else this.#child(entry, group);
    } catch (error) {
      if (error instanceof DraftError) throw this.#wrong(entry.keyNode, error.message, 'Remove it, or correct it');
      throw error;
    }
  }

  #child(entry: YamlEntry, group: string): void {
    const name = this.#group(entry);
    const parent = this.#draft.addGroup(group);
    const child = name === undefined ? undefined : this.#draft.groups.get(name);
    if (child) {
      parent.addChild(child);
      return;
    }
    const host = name === undefined ? undefined : this.#draft.hosts.get(name);
    if (!host) throw this.#wrong(entry.keyNode, `${entry.key} is not a group`, 'Write a map under it, or nothing');
    this.#draft.addHost(host.name, host.source, parent);
  }

  #hosts(entry: YamlEntry, group: string): void {
    const pattern = textOf(entry.exactKey);
    if (pattern === undefined)
      throw this.#wrong(entry.keyNode, `${entry.key} is not text, so it cannot be the name of a host`, 'Put it in quotes');
    const node = this.#yaml.follow(entry.value);
    const vars = isMap(node) ? this.#variables(node) : new Map<string, Variable>();
    if (!isMap(node) && !isEmpty(this.#yaml.exactOf(node)))
      throw this.#wrong(entry.value, `The variables of ${entry.key} must be a map`, 'Write name: value under it');
    let found: ReturnType<typeof hostNames>;
    try {
      found = hostNames(pattern);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw this.#wrong(entry.keyNode, `The range in ${pattern} cannot be read: ${error.message}`, 'Write it like node[01:09]');
    }
    const source = this.#yaml.sourceOf(entry.keyNode);
    if (found.names.length === 0) this.#warn(entry.keyNode, `the range ${pattern} matches no host`);
    for (const name of found.names) {
      this.#draft.addHost(name, source, this.#draft.addGroup(group), found.port);
      for (const [key, value] of vars) this.#draft.setVariable(name, key, value);
    }
  }

  #variables(node: YAMLMap): Map<string, Variable> {
    return new Map(this.#yaml.entriesOf(node).map((e) => [e.key, this.#variable(e)]));
  }

  #variable(entry: YamlEntry): Variable {
    return variable(this.#yaml.exactOf(entry.value), this.#yaml.sourceOf(entry.keyNode), entry.exactKey);
  }

  #warn(node: Node | null, text: string): void {
    const s = this.#yaml.sourceOf(node);
    this.#draft.warnings.push({ what: text, where: s });
  }

  #wrong(node: Node | null | undefined, what: string, fix: string): InputError {
    const s = this.#yaml.sourceOf(node);
    return new InputError({ what, where: s, fix });
  }
}

function textOf(key: PyValue): string | undefined {
  if (typeof key === 'string') return key;
  return key instanceof PyUnsafe ? key.text : undefined;
}
