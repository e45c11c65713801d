import { spawnSync } from 'node:child_process';
import type { VarValue } from '../../src/inventory/model/values.js';

export interface Case {
  readonly template: string;
  readonly vars?: Readonly<Record<string, VarValue>>;
  /** Instead of `vars`: as they stand in a file. */
  readonly yaml?: string;
}

/** `repr` is Python's. */
export type Answer = { readonly value: VarValue; readonly repr: string } | { readonly error: string };

const DRIVER = new URL('templar.py', import.meta.url).pathname;

/** Renders templates with Ansible's own templar, all in one process. */
export function askTemplar(cases: readonly Case[]): Answer[] {
  const run = spawnSync('/usr/bin/python3', [DRIVER], {
    input: cases.map((c) => `${JSON.stringify(c)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 120_000 + 30 * cases.length,
  });
  return run.stdout
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => JSON.parse(l));
}

/** Is Ansible there at all, and does it know `ansible.utils`? */
export function templarKnows(): { readonly ansible: boolean; readonly utils: boolean } {
  const [plain, utils] = askTemplar([
    { template: '{{ 1 + 1 }}', vars: {} },
    { template: "{{ '10.0.0.0/8' | ansible.utils.ipaddr(1) }}", vars: {} },
  ]);
  const is = (a: Answer | undefined, wanted: string): boolean => a !== undefined && 'value' in a && a.value === wanted;
  return { ansible: is(plain, '2'), utils: is(utils, '10.0.0.1/8') };
}
