import { statSync } from 'node:fs';
import { type ErrorParts, InputError, InputErrors } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import { formatLabelled, lookOf } from '../../base/text/render-error.js';
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
    for (const f of findings) print(formatLabelled(f.severity, f, lookOf(process.stdout)));
    if (config.file !== null || Object.keys(config.settings).length > 0) for (const line of configLines(config)) print(line);
    print(summary(errors, warnings, inventory));
  }
  return fails ? 2 : 0;
}

/** @throws InputError only if no inventory was given. */
async function examine(o: ValidateOptions): Promise<{ findings: Finding[]; inventory?: Inventory }> {
  let inventory: Inventory;
  try {
    inventory = await readInventory(o);
  } catch (error) {
    if (!(error instanceof InputError) || o.inventory.length === 0) throw error;
    const all = error instanceof InputErrors ? error.all : [error.parts];
    return { findings: sortFindings(all.map(asError)) };
  }
  const { problems } = examineCluster(inventory, { bundle: undefined });
  const warned = (inventory.warnings ?? []).map((w): Finding => ({ severity: 'warning', ...w }));
  return {
    inventory,
    findings: sortFindings([
      ...problems.map(asError),
      ...connectionProblems(inventory, problems).map(asError),
      ...warned,
      ...hints(inventory),
      ...openPasswords(inventory),
    ]),
  };
}

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
