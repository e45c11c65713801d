import { stringify } from 'yaml';
import type { z } from 'zod';
import { nthAddress } from '../base/net/ipv4.js';
import { defaultKubeVersion } from './catalogue.js';
import { defaultSettings, settingsShape } from './settings.js';

/** Settings with values to write, and everything else commented out with its default. */
export interface GroupVars {
  /** Absent: each host's own, or the one that SSH would take. */
  readonly user?: string;
  readonly become: boolean;
  /** Settings that are not at their defaults. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Group variables with every setting, its default and one line of meaning, all out of the settings' schema. */
export function groupVarsText(o: GroupVars): string {
  const defaults = exampleDefaults();
  const settings = Object.entries(settingsShape).map(([name, schema]) => {
    const meaning = schema.description ?? '';
    const given = o.settings[name];
    const comment = `# ${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}${choices(schema)}.`;
    return given === undefined
      ? `${comment}\n${line(name, defaults[name]).replaceAll(/^/gm, '# ')}`
      : `${comment}\n${line(name, given)}`;
  });
  return `---
# Settings of the cluster. Names and defaults are kubespray's; what is commented out has the default shown.
# What shows no value has none, or one that its line explains.

# Account that connects, and whether it uses sudo there. Give passwords with --ask-pass, or encrypt them with ansible-vault.
${o.user === undefined ? '# ansible_user:' : line('ansible_user', o.user)}
${line('ansible_become', o.become)}

${settings.join('\n\n')}
`;
}

/** A setting as people read of it. */
export interface SettingInfo {
  readonly name: string;
  readonly meaning: string;
  /** Absent: none, or one that the meaning explains. */
  readonly default?: unknown;
  readonly choices?: readonly string[];
  /** kubespray has the name too. */
  readonly kubespray: boolean;
}

/** Names that kubespray lacks. */
const OWN = /^(kubewright|client_shell|headlamp|dashboard_insecure_lab)(_|$)/;

/** Every setting of the schema, in its order. */
export function settingInfos(): SettingInfo[] {
  const defaults = exampleDefaults();
  return Object.entries(settingsShape).map(([name, schema]) => ({
    name,
    meaning: schema.description ?? '',
    ...(defaults[name] === undefined ? {} : { default: defaults[name] }),
    ...(choicesOf(schema) ? { choices: choicesOf(schema) } : {}),
    kubespray: !OWN.test(name),
  }));
}

/** `: a, b` for a setting that has choices. */
function choices(schema: z.ZodType): string {
  const found = choicesOf(schema);
  return found ? `: ${found.join(', ')}` : '';
}

/** The error about a value that is not among them names them. */
function choicesOf(schema: z.ZodType): string[] | undefined {
  const issue = schema.safeParse('\0').error?.issues[0];
  return issue?.code === 'invalid_value' ? issue.values.map(String) : undefined;
}

/** Defaults that follow from others are shown as they come out. */
function exampleDefaults(): Readonly<Record<string, unknown>> {
  const fixed = defaultSettings();
  return {
    ...fixed,
    kube_version: defaultKubeVersion(),
    skydns_server: nthAddress(String(fixed.kube_service_addresses), 3),
    loadbalancer_apiserver_localhost: true,
    loadbalancer_apiserver_port: fixed.kube_apiserver_port,
  };
}

function line(name: string, value: unknown): string {
  if (value === undefined) return `${name}:`;
  return stringify({ [name]: value }, { version: '1.1', lineWidth: 0, flowCollectionPadding: false }).trimEnd();
}
