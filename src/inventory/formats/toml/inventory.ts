import { parse, TomlDate, TomlError, type TomlTable, type TomlValue } from 'smol-toml';
import { InputError } from '../../../base/errors.js';
import { wholeFile } from '../../../base/place.js';
import { type Draft, DraftError } from '../../draft/draft.js';
import { hostNames } from '../../draft/host-names.js';
import { PyDate, PyDict, type PyValue, pyFloat, pyInt } from '../../model/python-values.js';
import { variable } from '../../model/values.js';
import { yamlTimestamp } from '../yaml/scalar.js';

/**
 * Reads a TOML inventory into a draft: tables of groups with `hosts`, `vars` and `children`.
 * Source: ansible/plugins/inventory/toml.py
 * @throws InputError
 */
export function readToml(text: string, file: string, draft: Draft): void {
  const source = wholeFile(file);
  const wrong = (what: string, fix: string): InputError => new InputError({ what, where: wholeFile(file), fix });
  const warn = (what: string): void => void draft.warnings.push({ what, where: wholeFile(file) });
  const group = (name: string, body: TomlValue): void => {
    if (!isTable(body)) {
      warn(`${name} is skipped: a group must be a table`);
      return;
    }
    const entry = draft.addGroup(name, source);
    for (const [key, value] of Object.entries(body)) {
      if (key === 'vars' || key === 'hosts') {
        if (!isTable(value)) throw wrong(`${key} of ${name} must be a table`, `Write [${name}.${key}]`);
        for (const [k, v] of Object.entries(value)) {
          if (key === 'vars') draft.setVariable(name, k, variable(exact(v), source));
          else host(k, v, name);
        }
      } else if (key === 'children') {
        if (!Array.isArray(value)) throw wrong(`children of ${name} must be a list`, 'Write children = ["NAME"]');
        for (const child of value) entry.addChild(draft.addGroup(String(child), source));
      } else warn(`${key} of the group ${name} is skipped: only vars, children and hosts are allowed here`);
    }
  };
  const host = (pattern: string, vars: TomlValue, groupName: string): void => {
    if (!isTable(vars)) throw wrong(`The variables of ${pattern} must be a table`, `Write [${groupName}.hosts.${pattern}]`);
    const { names, port } = hostNames(pattern);
    for (const name of names) {
      draft.addHost(name, source, draft.addGroup(groupName), port);
      for (const [k, v] of Object.entries(vars)) draft.setVariable(name, k, variable(exact(v), source));
    }
  };
  try {
    const data = parse(text, { integersAsBigInt: true });
    if (Object.keys(data).length === 0) throw wrong('The inventory is empty', 'Write [GROUP.hosts]');
    for (const [name, body] of Object.entries(data)) group(name, body);
  } catch (error) {
    if (error instanceof TomlError)
      throw new InputError({
        what: 'This is not valid TOML',
        where: { file, line: error.line, column: error.column },
        why: error.message.split('\n')[0],
        fix: 'Correct the file',
      });
    if (error instanceof DraftError) throw wrong(error.message, 'Remove it, or correct it');
    if (error instanceof RangeError && !/call stack/i.test(error.message))
      throw wrong(`A range cannot be read: ${error.message}`, 'Write it like "node[01:09]"');
    throw error;
  }
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof TomlDate);
}

function exact(value: TomlValue): PyValue {
  if (typeof value === 'bigint') return pyInt(value);
  if (typeof value === 'number') return pyFloat(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(exact);
  if (!(value instanceof TomlDate)) return new PyDict(Object.entries(value).map(([k, v]) => [k, exact(v)] as const));
  const text = value.toISOString();
  return value.isTime() ? new PyDate(text, text, `datetime.time(${text})`) : yamlTimestamp(text);
}
