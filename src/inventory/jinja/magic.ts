import { dirname } from 'node:path';
import { oldGroupName } from '../model/group-names.js';
import type { Host } from '../model/model.js';
import type { Value } from './values/values.js';

/** The value of `default(omit)`: the variable counts as unset. */
export const OMIT = '__omit_place_holder__';

/** What magic variables are made of. */
export interface MagicSources {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly groups: Value;
  readonly hostvars: Value;
  /** Undefined: the working directory. */
  readonly playbookDir: string | undefined;
}

/** Variables that Ansible makes itself. Source: https://docs.ansible.com/ansible/latest/reference_appendices/special_variables.html */
export function magicVariable(host: Host, name: string, s: MagicSources): Value | undefined {
  switch (name) {
    case 'inventory_hostname':
      return host.name;
    case 'inventory_hostname_short':
      return host.name.split('.')[0] ?? host.name;
    case 'groups':
      return s.groups;
    case 'group_names':
      return [...host.groups]
        .filter((g) => g !== 'all')
        .flatMap((g) => [g, ...oldGroupName(g)])
        .sort();
    case 'hostvars':
      return s.hostvars;
    case 'inventory_file':
      return host.origin;
    case 'inventory_dir':
      // Ansible also has this text here.
      return host.origin === undefined ? 'None' : dirname(host.origin);
    case 'playbook_dir':
      return s.playbookDir ?? process.cwd();
    case 'omit':
      return OMIT;
    case 'ansible_play_hosts':
    case 'ansible_play_hosts_all':
    case 'ansible_play_batch':
    case 'play_hosts':
      return [...s.hosts.keys()];
    default:
      return undefined;
  }
}

/** Their names, for `hostvars` and for suggestions. */
export const MAGIC = [
  'inventory_hostname',
  'inventory_hostname_short',
  'groups',
  'group_names',
  'hostvars',
  'inventory_file',
  'inventory_dir',
  'playbook_dir',
  'ansible_play_hosts',
];
