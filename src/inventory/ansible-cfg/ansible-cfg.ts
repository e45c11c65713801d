import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Warning } from '../../base/errors.js';
import { InputError } from '../../base/errors.js';
import { expandPath } from '../../base/expand-path.js';
import type { Place } from '../../base/place.js';
import { placeText, wholeFile } from '../../base/place.js';
import { unquote } from '../python/split-args.js';
import { type ConfigValue, parseConfig } from './config-parser.js';
import { configWarnings } from './without-effect.js';

/** The settings of ansible.cfg and the ANSIBLE_* variables that Kubewright supports. Unset ones are undefined. */
export interface AnsibleConfig {
  /** The file in use; undefined: there is none. */
  readonly file?: string;
  readonly warnings: readonly Warning[];
  /** Where each setting was found: file:line:column or the name of a variable. */
  readonly origins: ReadonlyMap<SettingName, string>;
  readonly inventory?: readonly string[];
  readonly remoteUser?: string;
  readonly privateKeyFile?: string;
  readonly hostKeyChecking?: boolean;
  readonly forks?: number;
  /** Seconds. */
  readonly timeout?: number;
  readonly become?: boolean;
  readonly becomeMethod?: string;
  readonly becomeUser?: string;
  readonly becomeAskPass?: boolean;
  readonly askPass?: boolean;
  readonly vaultPasswordFile?: string;
  readonly remotePort?: number;
  readonly becomeExe?: string;
  readonly becomeFlags?: string;
  readonly sshArgs?: { readonly text: string; readonly where: Place };
  readonly sshCommonArgs?: { readonly text: string; readonly where: Place };
  readonly sshExtraArgs?: { readonly text: string; readonly where: Place };
  /** Regular expressions of Python for names in directories of inventories. */
  readonly ignorePatterns?: readonly string[];
  /** Ends of such names, in place of the default ones. */
  readonly ignoreExtensions?: readonly string[];
}

export interface ConfigPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
}

/** The keys that are settings. */
export type SettingName = Exclude<keyof AnsibleConfig, 'file' | 'warnings' | 'origins'>;

/** Of several variables, and of several sections, the first that is set. */
type Setting = readonly [name: SettingName, variables: readonly string[], sections: readonly string[], key: string];

/** The ssh plugin has its own section for some. Source: ansible/plugins/connection/ssh.py */
const SSH = ['ssh_connection', 'defaults'];
const INVENTORY = ['inventory', 'defaults'];
/** Source: ansible/config/base.yml */
export const SETTINGS: readonly Setting[] = [
  ['inventory', ['ANSIBLE_INVENTORY'], ['defaults'], 'inventory'],
  ['remoteUser', ['ANSIBLE_REMOTE_USER'], ['defaults'], 'remote_user'],
  ['privateKeyFile', ['ANSIBLE_PRIVATE_KEY_FILE'], ['defaults'], 'private_key_file'],
  ['hostKeyChecking', ['ANSIBLE_SSH_HOST_KEY_CHECKING', 'ANSIBLE_HOST_KEY_CHECKING'], SSH, 'host_key_checking'],
  ['forks', ['ANSIBLE_FORKS'], ['defaults'], 'forks'],
  ['timeout', ['ANSIBLE_SSH_TIMEOUT', 'ANSIBLE_TIMEOUT'], SSH, 'timeout'],
  ['become', ['ANSIBLE_BECOME'], ['privilege_escalation'], 'become'],
  ['becomeMethod', ['ANSIBLE_BECOME_METHOD'], ['privilege_escalation'], 'become_method'],
  ['becomeUser', ['ANSIBLE_BECOME_USER'], ['privilege_escalation'], 'become_user'],
  ['becomeAskPass', ['ANSIBLE_BECOME_ASK_PASS'], ['privilege_escalation'], 'become_ask_pass'],
  ['askPass', ['ANSIBLE_ASK_PASS'], ['defaults'], 'ask_pass'],
  ['vaultPasswordFile', ['ANSIBLE_VAULT_PASSWORD_FILE'], ['defaults'], 'vault_password_file'],
  ['remotePort', ['ANSIBLE_REMOTE_PORT'], ['defaults'], 'remote_port'],
  ['becomeExe', ['ANSIBLE_BECOME_EXE'], ['privilege_escalation'], 'become_exe'],
  ['becomeFlags', ['ANSIBLE_BECOME_FLAGS'], ['privilege_escalation'], 'become_flags'],
  ['sshArgs', ['ANSIBLE_SSH_ARGS'], ['ssh_connection'], 'ssh_args'],
  ['sshCommonArgs', ['ANSIBLE_SSH_COMMON_ARGS'], ['ssh_connection'], 'ssh_common_args'],
  ['sshExtraArgs', ['ANSIBLE_SSH_EXTRA_ARGS'], ['ssh_connection'], 'ssh_extra_args'],
  ['ignorePatterns', ['ANSIBLE_INVENTORY_IGNORE_REGEX'], INVENTORY, 'ignore_patterns'],
  ['ignoreExtensions', ['ANSIBLE_INVENTORY_IGNORE'], INVENTORY, 'ignore_extensions'],
];

/** In [defaults] a setting of the inventory has a longer name. */
const IN_DEFAULTS: Readonly<Record<string, string>> = {
  ignore_patterns: 'inventory_ignore_patterns',
  ignore_extensions: 'inventory_ignore_extensions',
};

/** The name that a setting has in ansible.cfg. */
export function configKey(name: SettingName): string {
  return SETTINGS.find(([n]) => n === name)?.[3] ?? name;
}

/** @throws InputError for a file that cannot be read, and for invalid values. */
export function readAnsibleConfig(place: ConfigPlace = { env: process.env, cwd: process.cwd(), home: homedir() }): AnsibleConfig {
  const warnings: Warning[] = [];
  const file = findConfig(place, warnings);
  const sections = file === undefined ? undefined : parseConfig(readFileSync(file, 'utf8'), file);
  const origins = new Map<SettingName, string>();
  const out: Record<string, unknown> = {};
  for (const [name, variables, places, key] of SETTINGS) {
    const variable = variables.find((v) => place.env[v] !== undefined && place.env[v] !== '');
    const found: ConfigValue | undefined =
      variable === undefined
        ? places
            .map((p) => sections?.get(p)?.get(p === 'defaults' ? (IN_DEFAULTS[key] ?? key) : key))
            .find((v) => v !== undefined)
        : { text: place.env[variable] ?? '', source: { file: variable, line: 0, column: 0 } };
    if (!found || found.text === '') continue;
    const base = variable === undefined && file !== undefined ? dirname(file) : place.cwd;
    out[name] = convert(name, key, unquote(found.text), found.source, base, place.cwd);
    origins.set(name, placeText(found.source));
  }
  warnings.push(...configWarnings(sections, place.env));
  return { ...out, warnings, origins, ...(file === undefined ? {} : { file }) };
}

/**
 * The first that exists: ANSIBLE_CONFIG, the working directory, the home directory, /etc.
 * Place: find_ini_config_file in ansible/config/manager.py
 */
function findConfig({ env, cwd, home }: ConfigPlace, warnings: Warning[]): string | undefined {
  const places: string[] = [];
  const named = env.ANSIBLE_CONFIG;
  if (named) {
    const path = resolve(cwd, expandPath(named));
    places.push(existsSync(path) && statSync(path).isDirectory() ? join(path, 'ansible.cfg') : path);
  }
  const here = join(cwd, 'ansible.cfg');
  // Any user could put a file there.
  if ((statSync(cwd).mode & 0o002) === 0) places.push(here);
  else if (!named && existsSync(here))
    warnings.push({ what: 'This file is ignored because its directory is world-writable', where: wholeFile(here) });
  places.push(join(home, '.ansible.cfg'), '/etc/ansible/ansible.cfg');
  return places.find((p) => readable(p));
}

function readable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function convert(name: keyof AnsibleConfig, key: string, text: string, source: Place, base: string, cwd: string): unknown {
  const path = (p: string): string => resolve(base, expandPath(p.replaceAll('{{CWD}}', cwd)));
  switch (name) {
    case 'inventory':
      return text
        .split(',')
        .map((p) => p.trim())
        .filter((p) => p !== '')
        .map(path);
    case 'privateKeyFile':
    case 'vaultPasswordFile':
      return path(text);
    case 'ignorePatterns':
    case 'ignoreExtensions':
      return text
        .split(',')
        .map((p) => p.trim())
        .filter((p) => p !== '');
    case 'sshArgs':
    case 'sshCommonArgs':
    case 'sshExtraArgs':
      return { text: text.replaceAll('\n', ' '), where: source };
    case 'forks':
    case 'timeout':
    case 'remotePort': {
      const value = Number(text);
      if (Number.isInteger(value) && value > 0) return value;
      throw new InputError({
        what: `${key} must be a whole number`,
        where: source,
        why: `It is ${text}`,
        fix: `Correct ${key}`,
      });
    }
    case 'hostKeyChecking':
    case 'become':
    case 'becomeAskPass':
    case 'askPass':
      return /^(y|yes|on|1|1\.0|true|t)$/i.test(text);
    default:
      return text;
  }
}
