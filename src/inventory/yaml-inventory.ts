import { isMap, isScalar, type Node } from 'yaml';
import { InputError } from '../errors.js';
import type { Draft } from './builder.js';
import { expandRange } from './range.js';
import { keyText, parseYaml, variablesOf, type YamlFile } from './yaml-source.js';

/**
 * Reads a YAML inventory into a draft: groups with `hosts`, `vars` and `children`.
 * Source: https://docs.ansible.com/ansible/latest/collections/ansible/builtin/yaml_inventory.html
 */
export function readYamlInventory(text: string, file: string, draft: Draft): void {
  const yaml = parseYaml(text, file);
  if (!isMap(yaml.root)) throw wrong(yaml, yaml.root, 'A YAML inventory is a map of groups', 'Begin with all:');
  for (const pair of yaml.root.items) group(yaml, keyText(pair.key), pair.key as Node, pair.value as Node | null, draft);
}

function group(yaml: YamlFile, name: string, keyNode: Node, body: Node | null, draft: Draft): void {
  const entry = draft.declare(name, yaml.sourceOf(keyNode));
  if (!body || (isScalar(body) && body.value === null)) return;
  if (!isMap(body)) throw wrong(yaml, body, `The group ${name} must be a map`, 'Write hosts:, vars: and children: under it');
  for (const pair of body.items) {
    const key = keyText(pair.key);
    const value = pair.value as Node | null;
    if (key === 'vars') for (const [k, v] of variablesOf(yaml, value, `vars of ${name}`)) entry.vars.set(k, v);
    else if (key === 'hosts') hosts(yaml, value, entry.name, draft);
    else if (key === 'children') {
      if (value && !isMap(value) && !isScalar(value))
        throw wrong(yaml, value, `children of ${name} must be a map`, 'Write each child as NAME:');
      if (!isMap(value)) continue;
      for (const child of value.items) {
        entry.children.add(draft.group(keyText(child.key)).name);
        group(yaml, keyText(child.key), child.key as Node, child.value as Node | null, draft);
      }
    } else throw wrong(yaml, pair.key as Node, `A group has no ${key}`, 'Only hosts, vars and children may stand here');
  }
}

function hosts(yaml: YamlFile, node: Node | null, groupName: string, draft: Draft): void {
  if (!node || (isScalar(node) && node.value === null)) return;
  if (!isMap(node)) throw wrong(yaml, node, 'hosts must be a map', 'Write each host as NAME: with its variables under it');
  for (const pair of node.items) {
    for (const name of expandRange(keyText(pair.key))) {
      const host = draft.host(name, yaml.sourceOf(pair.key as Node));
      draft.group(groupName).hosts.add(name);
      for (const [k, v] of variablesOf(yaml, pair.value as Node | null, `variables of ${name}`)) host.vars.set(k, v);
    }
  }
}

function wrong(yaml: YamlFile, node: Node | null | undefined, what: string, todo: string): InputError {
  const s = yaml.sourceOf(node);
  return new InputError({ what, where: `${s.file}:${s.line}:${s.column}`, todo });
}
