import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import * as z from 'zod';
import { PACKAGE_ROOT } from '../../base/package-root.js';
import type { VarValue } from '../../inventory/model/values.js';
import { CONTAINER_RUNTIMES } from '../container-runtimes.js';
import { NETWORK_PLUGINS } from '../network-plugins.js';
import { SETTING_NAMES } from '../settings.js';
import { DROPPED, OTHERWISE, REASONS, RENAMED } from './reasons.js';

const values = z.record(z.string(), z.unknown());
const schema = z.object({ defaults: values, sample: values, others: z.array(z.string()) });

/** Names that only older releases had, and other values that the sample of any release had for a name. */
const olderSchema = z.record(z.string(), z.array(z.unknown()));

let loaded: z.output<typeof schema> | undefined;

function table(): z.output<typeof schema> {
  loaded ??= schema.parse(parse(readFileSync(join(PACKAGE_ROOT, 'data/kubespray-variables.yaml'), 'utf8')));
  return loaded;
}

let olderLoaded: z.output<typeof olderSchema> | undefined;

/** Facts of kubespray 2.0 to 2.31: the defaults of its roles, the group_vars of its samples, and what its roles ask for without a default. */
function older(): z.output<typeof olderSchema> {
  olderLoaded ??= olderSchema.parse(JSON.parse(readFileSync(join(PACKAGE_ROOT, 'data/kubespray-older.json'), 'utf8')));
  return olderLoaded;
}

/** Variables of plays, of kubespray's extra roles and of its examples that no file of defaults names. */
export const MORE = ['serial', 'reset_nodes', 'kubelet_cgroups_per_qos', 'calico_rr_id', 'kube_ovn_encap_checksum'];

/** Names that old releases asked for and that many playbooks have for themselves. */
const COMMON = ['os_family'];

export interface NoEffect {
  readonly why: string;
  /** The value is kubespray's default or its sample's: no effect is expected of it. */
  readonly isDefault: boolean;
  /** The setting to write instead. */
  readonly instead?: string;
}

/** What to say about a variable that kubespray reads and Kubewright does not; undefined: the name is not one of those. */
export function withoutEffect(name: string, value: VarValue | undefined): NoEffect | undefined {
  const { defaults, sample, others } = table();
  if (SETTING_NAMES.includes(name) || COMMON.includes(name)) return undefined;
  const known = [defaults, sample].filter((t) => Object.hasOwn(t, name)).map((t) => t[name]);
  const before = Object.hasOwn(older(), name) ? older()[name] : undefined;
  const isDefault =
    value !== undefined && [...known, ...(before ?? [])].some((v) => isDeepStrictEqual(comparable(value), comparable(v)));
  if (Object.hasOwn(RENAMED, name)) return { why: `${RENAMED[name]} replaced it`, isDefault, instead: RENAMED[name] };
  if (Object.hasOwn(DROPPED, name)) {
    return { why: `kubespray itself dropped it: ${DROPPED[name]}`, isDefault: isDefault || value === false };
  }
  const today = known.length > 0 || others.includes(name) || MORE.includes(name);
  if (!today && before === undefined) return undefined;
  const reason = REASONS.find((r) => r.names.test(name))?.why;
  return { why: reason ?? (today ? OTHERWISE : 'kubespray itself dropped it'), isDefault };
}

/** INI files leave booleans as text; whitespace in a template and the collection of a filter mean nothing. */
function comparable(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^(true|false)$/i.test(value.trim())) return value.trim().toLowerCase() === 'true';
  return /\{\{|\{%/.test(value) ? value.replaceAll(/\s+|\bansible\.(utils|builtin)\./g, '') : value.trim();
}

/** Every name of today's kubespray that has no effect here. */
export function namesWithoutEffect(): string[] {
  const { defaults, sample, others } = table();
  return [...new Set([...Object.keys(defaults), ...Object.keys(sample), ...others, ...MORE, ...Object.keys(DROPPED)])].filter(
    (n) => !SETTING_NAMES.includes(n),
  );
}

/** Prefixes that only settings of a cluster have: an unknown name with one is more likely a typo than a variable of the user's. */
export const SETTING_PREFIXES = new RegExp(
  `^(${['kube', 'kubelet', 'kubeadm', 'etcd', 'kubewright', ...NETWORK_PLUGINS, ...CONTAINER_RUNTIMES].join('|')})_`,
);
