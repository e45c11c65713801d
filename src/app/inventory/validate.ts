import { statSync } from 'node:fs';
import { type ErrorParts, InputError, InputErrors } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import { formatLabelled, lookOf } from '../../base/text/render-error.js';
import { ABSENT } from '../../cluster/checks/addresses.js';
import { type Finding, sortFindings } from '../../cluster/checks/findings.js';
import { hints, isPlain } from '../../cluster/checks/hints.js';
import { examineCluster } from '../../cluster/resolve.js';
import type { Inventory } from '../../inventory/model/model.js';
import type { Variable } from '../../inventory/model/values.js';
import { configInUse, configLines } from '../connect/ansible-config.js';
import { connectionProblems } from './connection-problems.js';
import { type InventoryOptions, readInventory } from './read.js';

export interface ValidateOptions extends InventoryOptions {
  /** Treat warnings as errors. */
  readonly strict: boolean;
  readonly json: boolean;
}

/** `inventory validate`: reports everything at once. Exit code 2 for errors, and for warnings if strict. */
export async function inventoryValidate(o: ValidateOptions): Promise<number> {
  const { findings, inventory } = await examine(o);
  const count = (severity: string): number => findings.filter((f) => f.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const fails = errors > 0 || (o.strict && warnings > 0);
  const config = configInUse();
  if (o.json) print(JSON.stringify({ ok: !fails, errors, warnings, config, findings: findings.map(asJson) }, undefined, 2));
  else {
    // What must be corrected is the last on the screen.
    const [others, wrong] = [
      folded(findings.filter((f) => f.severity !== 'error')),
      findings.filter((f) => f.severity === 'error'),
    ];
    for (const f of others) print(formatLabelled(f.severity, f, lookOf(process.stdout)));
    if (config.file !== null || Object.keys(config.settings).length > 0) for (const line of configLines(config)) print(line);
    for (const f of wrong) print(formatLabelled(f.severity, f, lookOf(process.stdout)));
    print(summary(errors, warnings, inventory));
  }
  return fails ? 2 : 0;
}

/** @throws InputError only if no inventory was given. */
async function examine(o: ValidateOptions): Promise<{ findings: Finding[]; inventory?: Inventory }> {
  let inventory: Inventory;
  const unreadable: ErrorParts[] = [];
  try {
    // A vault's password may be asked for, and reading begins again.
    const onUnreadable = (errors: readonly InputError[]): void => {
      for (const parts of errors.flatMap((e) => (e instanceof InputErrors ? e.all : [e.parts])))
        if (!unreadable.some((u) => u.what === parts.what && u.where === parts.where)) unreadable.push(parts);
    };
    inventory = await readInventory({ ...o, onUnreadable });
  } catch (error) {
    if (!(error instanceof InputError) || o.inventory.length === 0) throw error;
    const all = error instanceof InputErrors ? error.all : [error.parts];
    return { findings: sortFindings(all.map(asError)) };
  }
  // What seems to be missing may be in a file that cannot be read.
  const problems = examineCluster(inventory, { bundle: undefined }).problems.filter(
    (p) => unreadable.length === 0 || p.code !== ABSENT,
  );
  const connections = connectionProblems(inventory, problems);
  // A bastion is named as its group is: kubespray wants it so.
  const warned = [...(inventory.warnings ?? []), ...connections.warnings]
    .filter((w) => !w.what.startsWith('bastion is the name of a group and'))
    .map((w): Finding => ({ severity: 'warning', ...w }));
  return {
    inventory,
    findings: sortFindings([
      ...unreadable.map(asError),
      ...problems.map(asError),
      ...connections.problems.map(asError),
      ...warned,
      ...(unreadable.length === 0 ? hints(inventory) : []),
      ...openPasswords(inventory),
    ]),
  };
}

/** Infos with the same reason become one: a sample of kubespray has a hundred settings at their defaults. */
function folded(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const f of findings) {
    const key = f.severity === 'info' && f.why !== undefined && f.what.endsWith(NO_EFFECT) ? f.why : undefined;
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), f]);
  }
  const names = (group: readonly Finding[]): string => {
    const all = [...new Set(group.map((f) => f.what.slice(0, -NO_EFFECT.length)))];
    return all.length > NAMES_SHOWN + 1
      ? `${all.slice(0, NAMES_SHOWN).join(', ')} and ${all.length - NAMES_SHOWN} more`
      : all.join(', ');
  };
  const done = new Set<string>();
  return findings.flatMap((f) => {
    const group = f.why === undefined || f.severity !== 'info' || !f.what.endsWith(NO_EFFECT) ? [] : (groups.get(f.why) ?? []);
    if (group.length < 2) return [f];
    if (done.has(f.why ?? '')) return [];
    done.add(f.why ?? '');
    return [{ severity: 'info', what: `${names(group)} have no effect here`, why: f.why }];
  });
}

const NO_EFFECT = ' has no effect here';
const NAMES_SHOWN = 4;

function asError(parts: ErrorParts): Finding {
  return { ...parts, severity: 'error' };
}

const PASSWORDS = /^ansible_(ssh_|become_|sudo_|su_)?pass(word)?$|_(password|passphrase|secret|secret_key|token)$/;
const OTHERS_READ = 0o004;

/** Passwords in plain text, in files that all users of this machine can read. */
function openPasswords(inventory: Inventory): Finding[] {
  const seen = new Set<Variable>();
  const modes = new Map<string, number>();
  const mode = (file: string): number => {
    const known = modes.get(file) ?? modeOf(file);
    modes.set(file, known);
    return known;
  };
  const out: Finding[] = [];
  for (const host of inventory.hosts.values()) {
    for (const [name, v] of host.vars) {
      if (!PASSWORDS.test(name) || seen.has(v)) continue;
      seen.add(v);
      if (!isPlain(v) || v.secret || (typeof v.value !== 'string' && typeof v.value !== 'number') || v.value === '') continue;
      if ((mode(v.source.file) & OTHERS_READ) === 0) continue;
      out.push({
        severity: 'warning',
        what: `${name} is plain text in a file that all users of this machine can read`,
        where: v.source,
        fix: `Encrypt it (ansible-vault encrypt_string --name ${name}), or at least: chmod o-r ${v.source.file}`,
      });
    }
  }
  return out;
}

function modeOf(file: string): number {
  try {
    return statSync(file).mode;
  } catch {
    // Not a file: a list of hosts or an extra variable.
    return 0;
  }
}

function asJson(f: Finding): object {
  const { file, line, column } = typeof f.where === 'object' ? f.where : wholeFile(f.where ?? '');
  return {
    severity: f.severity,
    message: f.what,
    ...(file === '' ? {} : { file }),
    ...(line === 0 ? {} : { line }),
    ...(column === 0 ? {} : { column }),
    ...(f.why === undefined ? {} : { why: f.why }),
    ...(f.fix === undefined ? {} : { todo: f.fix }),
  };
}

function summary(errors: number, warnings: number, inventory: Inventory | undefined): string {
  const hosts = inventory?.hosts.size ?? 0;
  const many = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  if (errors === 0 && warnings === 0) return `${many(hosts, 'host')}: no errors, no warnings`;
  return `${many(errors, 'error')}, ${many(warnings, 'warning')}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
