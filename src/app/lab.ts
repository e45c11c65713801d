import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { InputError } from '../errors.js';
import { createNspawnLab, LAB_PACKAGES } from '../lab/nspawn/lab.js';
import type { LabProvider } from '../lab/provider.js';
import { ensureDebianPackages } from './debian-packages.js';
import { interruptions } from './interrupt.js';

export interface LabUpOptions {
  readonly masters: number;
  readonly workers: number;
  readonly subnet: string;
  readonly inventoryDir: string;
  readonly bundle?: string;
}

/** `lab up`. The settings that only this box needs go into the generated inventory. */
export async function labUp(o: LabUpOptions): Promise<number> {
  needRoot('lab up');
  await ensureDebianPackages(LAB_PACKAGES, 'for lab machines', say);
  const interrupt = interruptions(say);
  try {
    const state = await lab().up(
      { ...o, inventoryDir: resolve(o.inventoryDir), extraVars: labSettings(o.bundle) },
      (e) => say(`${e.stage}: ${e.text}`),
      interrupt.stop,
    );
    say(`${state.machines.length} machines are up. Inventory: ${o.inventoryDir}/hosts.ini`);
    say('Next: kubewright keys distribute -i, then kubewright provision -i, with this inventory');
    return 0;
  } finally {
    interrupt.done();
  }
}

/** A lab has no registry at hand when it installs from a bundle: then no cluster DNS, and the built-in network. */
export function labSettings(bundle: string | undefined): Record<string, unknown> {
  return bundle === undefined
    ? { kube_network_plugin: 'static-routes' }
    : { kube_network_plugin: 'static-routes', dns_mode: 'none', kubewright_bundle: resolve(bundle) };
}

export async function labStatus(): Promise<number> {
  const status = await lab().status();
  if (status.machines.length === 0) {
    say('There is no lab. `kubewright lab up` starts one.');
    return 0;
  }
  const width = Math.max(...status.machines.map((m) => m.name.length));
  for (const m of status.machines) {
    say(
      `${m.name.padEnd(width)}  ${m.address.padEnd(15)}  ${m.running ? `running since ${m.since?.toISOString() ?? '?'}` : 'stopped'}`,
    );
  }
  if (status.inventoryDir) say(`Inventory: ${status.inventoryDir}/hosts.ini`);
  return 0;
}

/** The real ssh, with its terminal; its exit code is ours. */
export async function labSsh(name: string, command: readonly string[]): Promise<number> {
  const args = [...(await lab().sshArgs(name)), ...command.map(shellWord)];
  return new Promise((done) => {
    const child = spawn('ssh', args, { stdio: 'inherit' });
    child.on('error', (error) => {
      process.stderr.write(`ssh: ${error.message}\n`);
      done(127);
    });
    child.on('close', (code) => done(code ?? 130));
  });
}

export async function labStop(name: string): Promise<number> {
  await lab().stop(name);
  say(`${name} is off. \`kubewright lab start ${name}\` boots it again.`);
  return 0;
}

export async function labStart(name: string): Promise<number> {
  await lab().start(name);
  say(`${name} is up.`);
  return 0;
}

export async function labDown(): Promise<number> {
  needRoot('lab down');
  await lab().down((e) => say(`${e.stage}: ${e.text}`));
  return 0;
}

export function lab(): LabProvider {
  return createNspawnLab({});
}

export function needRoot(what: string): void {
  if (process.getuid?.() === 0) return;
  throw new InputError({
    what: `${what} needs root`,
    why: 'It makes machines: namespaces, mounts and cgroups',
    todo: 'Run it with sudo',
  });
}

/** ssh joins its arguments with spaces and a shell reads them again: words stay words. A single word is a command line. */
function shellWord(word: string, _index: number, all: readonly string[]): string {
  if (all.length === 1 || /^[A-Za-z0-9_./:@%+,=-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
