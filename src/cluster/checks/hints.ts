import { distance } from '../../base/nearest.js';
import { placeText } from '../../base/place.js';
import type { Inventory } from '../../inventory/model/model.js';
import type { Variable } from '../../inventory/model/values.js';
import { insecureLabWarnings } from '../dashboard/insecure-lab.js';
import { namesWithoutEffect, SETTING_PREFIXES, withoutEffect } from '../kubespray/kubespray.js';
import { nestedKeys, SETTING_NAMES } from '../settings.js';
import { connectionNameMeant, insteadOf } from './connection-names.js';
import type { Finding } from './findings.js';
import { groupHints } from './group-hints.js';
import { isProtection } from './security.js';

/** Variables of hosts that Kubewright reads besides settings. */
export const HOST_NAMES = ['ip', 'access_ip', 'etcd_member_name', 'node_labels', 'node_taints', 'vagrant_cpus', 'vagrant_memory'];

/** What does not stop an installation but is probably not meant: warnings, and infos about what has no effect. */
export function hints(inventory: Inventory): Finding[] {
  return [
    ...insecureLabWarnings(inventory).map((w): Finding => ({ severity: 'warning', ...w })),
    ...variableHints(inventory),
    ...nestedHints(inventory),
    ...mtuHints(inventory),
    ...groupHints(inventory),
  ];
}

function variableHints(inventory: Inventory): Finding[] {
  const mentioned = mentions(inventory);
  const seen = new Map<string, Finding | undefined>();
  for (const host of inventory.hosts.values()) {
    for (const [name, variable] of host.vars) {
      if (SETTING_NAMES.includes(name) || HOST_NAMES.includes(name)) continue;
      const key = `${name}\0${placeText(variable.source)}`;
      if (!seen.has(key)) seen.set(key, variableHint(name, variable, mentioned.has(name)));
    }
  }
  return [...seen.values()].flatMap((f) => f ?? []);
}

/** Keys inside of settings that mean nothing, like names of settings that do not. */
function nestedHints(inventory: Inventory): Finding[] {
  const known = nestedKeys();
  const out: Finding[] = [];
  const seen = new Set<Variable>();
  for (const host of inventory.hosts.values()) {
    for (const path of known.keys()) {
      const variable = path.includes('.') ? undefined : host.vars.get(path);
      if (!variable || seen.has(variable)) continue;
      seen.add(variable);
      const unknown = (at: string, value: unknown): void => {
        if (Array.isArray(value)) for (const v of value) unknown(at, v);
        else if (typeof value === 'object' && value !== null)
          for (const [key, inner] of Object.entries(value)) {
            const keys = known.get(at);
            if (keys && !keys.includes(key)) {
              const near = keys.find((k) => distance(k, key) <= 2);
              out.push({
                severity: 'warning',
                what: `${at} has no ${key}`,
                where: variable.source,
                why: `It has ${keys.join(', ')}`,
                fix: near ? `Did you mean ${near}?` : `Remove ${key}`,
              });
            } else unknown(`${at}.${key}`, inner);
          }
      };
      unknown(path, written(variable));
    }
  }
  return out;
}

/** For kubespray they are the MTU of tunnels and that of pods; here the second is both. */
function mtuHints(inventory: Inventory): Finding[] {
  const seen = new Set<Variable>();
  return [...inventory.hosts.values()].flatMap(({ vars }): Finding[] => {
    const [tunnels, pods] = [vars.get('calico_mtu'), vars.get('calico_veth_mtu')];
    if (!tunnels || !pods || seen.has(pods)) return [];
    seen.add(pods);
    const [one, other] = [tunnels, pods].map((v) => String(written(v)));
    if (one === other || ![one, other].every((text) => /^\d+$/.test(text ?? ''))) return [];
    return [
      {
        severity: 'warning',
        what: `calico_mtu ${one} has no effect: calico_veth_mtu ${other} wins, for pods and tunnels`,
        where: tunnels.source,
        fix: 'Write one of them',
      },
    ];
  });
}

function variableHint(name: string, variable: Variable, isMentioned: boolean): Finding | undefined {
  const where = variable.source;
  if (name.startsWith('ansible_')) {
    const instead = insteadOf(name, written(variable));
    if (instead) return { severity: 'warning', what: `${name} has no effect here`, where, fix: instead };
    const meant = isMentioned ? undefined : connectionNameMeant(name);
    if (meant === undefined) return undefined;
    return { severity: 'warning', what: `there is no variable ${name}`, where, fix: `did you mean ${meant}?` };
  }
  const known = withoutEffect(name, written(variable));
  // An error: see security.ts.
  if (known && isProtection(name, written(variable))) return undefined;
  if (known) {
    const what = `${name} has no effect here`;
    if (known.isDefault || isMentioned) return { severity: 'info', what, where, why: known.why };
    const fix = known.instead ? `Write ${known.instead}` : 'Remove it';
    return { severity: 'warning', what, where, why: known.why, fix };
  }
  // A variable that others mention is the user's own.
  if (isMentioned) return undefined;
  const near = closeName(name);
  if (near) return { severity: 'warning', what: `there is no setting ${name}`, where, fix: `did you mean ${near}?` };
  if (!SETTING_PREFIXES.test(name)) return undefined;
  return {
    severity: 'warning',
    what: `there is no setting ${name}`,
    where,
    why: 'Neither Kubewright nor any release of kubespray has one of that name',
    fix: 'Remove it, or correct its name',
  };
}

/** As written in the file. */
function written(variable: Variable): Variable['value'] | undefined {
  return variable.raw ?? (isPlain(variable) ? variable.value : undefined);
}

/** Rendered variables have getters; plain ones are data. */
export function isPlain(variable: Variable): boolean {
  return Object.hasOwn(variable, 'value');
}

/** Words in templates: names of variables that others use. */
function mentions(inventory: Inventory): Set<string> {
  const words = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string') {
      for (const code of value.matchAll(/\{\{.*?\}\}|\{%.*?%\}/gs)) for (const w of code[0].matchAll(/\w+/g)) words.add(w[0]);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  const done = new Set<Variable>();
  for (const host of inventory.hosts.values()) {
    for (const v of host.vars.values()) {
      if (done.has(v)) continue;
      done.add(v);
      collect(written(v));
    }
  }
  return words;
}

/** Strict: users have variables of their own, and a wrong guess would annoy them in every run. */
function closeName(name: string): string | undefined {
  if (name.length < 6) return undefined;
  const near = (names: readonly string[], most: number): string | undefined =>
    names.find((s) => Math.abs(s.length - name.length) <= most && distance(name, s) <= most);
  const most = name.length < 8 ? 1 : 2;
  return (
    near(SETTING_NAMES, most) ??
    near(
      HOST_NAMES.filter((n) => n.length > 5),
      most,
    ) ??
    near(namesWithoutEffect(), 1)
  );
}
