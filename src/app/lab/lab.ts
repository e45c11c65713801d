import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from '../../base/errors.js';
import { isRoot, requireRoot } from '../../base/root.js';
import { count } from '../../base/text/format.js';
import { hostsText } from '../../base/text/host-ranges.js';
import { toolName } from '../../base/text/tool-name.js';
import { parseExtraVars } from '../../inventory/load/extra-vars.js';
import { VaultValue } from '../../inventory/model/python-values.js';
import type { Variable } from '../../inventory/model/values.js';
import { labPaths } from '../../lab/box/paths.js';
import { createNspawnLab, LAB_PACKAGES } from '../../lab/nspawn/lab.js';
import type { LabControl, LabOs, LabProvider, LabSpec, LabState, SnapshotInfo, SnapshotRequest } from '../../lab/provider.js';
import { createVagrantLab } from '../../lab/vagrant/lab.js';
import { vagrantPaths } from '../../lab/vagrant/paths.js';
import { quote } from '../../shell/shell.js';
import { reported } from '../../ui/stages/create-reporter.js';
import type { StageReporter } from '../../ui/stages/reporter.js';
import { interruptions } from '../connect/interrupt.js';
import { Questions } from '../connect/questions.js';
import { ensureDebianPackages } from './debian-packages.js';
import { chosenSettings, type LabSource } from './kubernetes-source.js';
import { type VagrantUpOptions, vagrantUp } from './vagrant-up.js';

export type ProviderName = 'nspawn' | 'vagrant';

export interface LabUpOptions extends VagrantUpOptions {
  readonly provider?: ProviderName;
  /** Default: what the lab that is there was made with, else auto. Not for Vagrant. */
  readonly source?: LabSource;
  /** Not for Vagrant, which has boxes. */
  readonly os?: LabOs;
}

/** `lab up`. Settings that only this box needs are written to the generated inventory. */
export async function labUp(o: LabUpOptions): Promise<number> {
  const provider = await providerOf(o.provider);
  await refuseOtherLab(provider);
  if (provider === 'vagrant' && o.os) {
    throw new InputError({ what: '--os is for lab machines on this box', fix: `Give Vagrant a box: --box ${o.os}` });
  }
  if (provider === 'vagrant') return vagrantUp(o);
  if (o.inventory.length > 0) {
    throw new InputError({
      what: '-i only works with --provider vagrant',
      why: 'Lab machines on this box have an inventory of their own',
      fix: 'Omit -i, or use --provider vagrant, which makes the machines of an inventory',
    });
  }
  requireRootForLab('lab up');
  return reported(async (report) => {
    const { masters = 3, workers = 6, subnet = '10.77.0.0/24' } = o;
    const asked = plainVars(await parseExtraVars([...o.extraVars]));
    const chosen = await chosenSettings(lab(), o, report);
    const spec = { masters, workers, subnet, os: o.os, inventoryDir: resolve(o.inventoryDir), chosen, asked };
    const state = await bringUp(spec, report);
    const inventory = quote(join(o.inventoryDir, 'hosts.ini'));
    report.say(`${count(state.machines.length, 'machine')} up.`);
    report.say(`Next: ${toolName()} keys distribute -i ${inventory}`);
    report.say(`then: ${toolName()} provision -i ${inventory}`);
    return 0;
  });
}

/** Lab machines on this box, with the packages that they need here. */
export async function bringUp(spec: LabSpec, report: StageReporter): Promise<LabState> {
  const say = (text: string): void => report.say(text);
  await ensureDebianPackages(LAB_PACKAGES, 'for lab machines', say);
  const interrupt = interruptions(say, () => 'Interrupted: no further step is begun.');
  try {
    return await lab().up(spec, (e) => report.progress(e), interrupt.stop);
  } finally {
    interrupt.done();
  }
}

/** @throws InputError for an encrypted value: the lab's inventory is written out as it is. */
function plainVars(variables: ReadonlyMap<string, Variable>): Record<string, unknown> {
  for (const [name, { value }] of variables) {
    if (!(value instanceof VaultValue)) continue;
    throw new InputError({
      what: `${name} is encrypted, and a lab's inventory holds no vaults`,
      fix: 'Give it to `kubewright provision -e` instead',
    });
  }
  return Object.fromEntries([...variables].map(([name, v]) => [name, v.value]));
}

export async function labStatus(provider?: ProviderName, json = false): Promise<number> {
  const status = await (await labOf(provider)).status();
  if (json) {
    say(JSON.stringify(status, undefined, 2));
    return 0;
  }
  if (status.machines.length === 0) {
    say(`There is no lab. \`${toolName()} lab up\` starts one.`);
    return 0;
  }
  const width = Math.max(...status.machines.map((m) => m.name.length));
  for (const m of status.machines) {
    const state =
      m.running && m.since ? `running since ${m.since.toISOString()}` : (m.state ?? (m.running ? 'running' : 'stopped'));
    say(`${m.name.padEnd(width)}  ${m.address.padEnd(15)}  ${state}`);
  }
  if (status.inventoryDir) {
    say(`Inventory: ${[...(status.inventories ?? []), `${status.inventoryDir}/hosts.ini`].map((i) => `-i ${i}`).join(' ')}`);
  }
  if (status.by) say(`By: ${status.by}`);
  return 0;
}

/** The real ssh, with its terminal; its exit code becomes ours. */
export async function labSsh(name: string, command: readonly string[], provider?: ProviderName): Promise<number> {
  // ssh joins its arguments with spaces and a shell splits them again, so each is quoted. A single word is a command line.
  const args = [...(await (await labOf(provider)).sshArgs(name)), ...(command.length === 1 ? command : command.map(quote))];
  return new Promise((done) => {
    const child = spawn('ssh', args, { stdio: 'inherit' });
    child.on('error', (error) => {
      process.stderr.write(`ssh: ${error.message}\n`);
      done(127);
    });
    child.on('close', (code) => done(code ?? 130));
  });
}

export async function labStop(name: string, provider?: ProviderName): Promise<number> {
  const one = await labOf(provider);
  return reported(async (report) => {
    report.progress({ stage: name, text: 'shutting down' });
    await one.stop(name);
    report.progress({ stage: name, text: `is off; \`${toolName()} lab start ${name}\` boots it again`, over: true });
    return 0;
  });
}

export async function labStart(name: string, provider?: ProviderName): Promise<number> {
  const one = await labOf(provider);
  return reported(async (report) => {
    report.progress({ stage: name, text: 'booting' });
    await one.start(name);
    report.progress({ stage: name, text: 'is up', over: true });
    return 0;
  });
}

/** `lab down`. @param o.yes without a question; off a terminal there is none. */
export async function labDown(o: {
  readonly provider?: ProviderName;
  readonly destroy: boolean;
  readonly yes?: boolean;
}): Promise<number> {
  const provider = await providerOf(o.provider);
  if (provider === 'nspawn') requireRootForLab('lab down');
  const one = await labOf(o.provider);
  if (!o.yes && (provider === 'nspawn' || o.destroy) && !(await mayRemove(one))) {
    say('Nothing was removed.');
    return 1;
  }
  await reported((report) => one.down((e) => report.progress(e), { destroy: o.destroy }));
  return 0;
}

/** Asks on a terminal before machines are removed with all that is on them. */
async function mayRemove(one: LabControl): Promise<boolean> {
  const { machines } = await one.status();
  if (machines.length === 0 || !process.stdin.isTTY || !process.stderr.isTTY) return true;
  const questions = new Questions(process.stderr, 'Run it again with --yes');
  try {
    const names = hostsText(machines.map((m) => m.name));
    return /^y(es)?$/i.test((await questions.ask(`Remove ${names} with everything on them? [y/N] `)).trim());
  } finally {
    questions.close();
  }
}

/** `lab snapshot`. @param action save, restore, delete (or remove) or list. */
export async function labSnapshot(action: string, name: string | undefined, provider?: ProviderName): Promise<number> {
  const request = snapshotRequest(action === 'remove' ? 'delete' : action, name);
  const one = await labOf(provider);
  const found = await reported(async (report) => {
    const interrupt = interruptions(
      (text) => report.say(text),
      () => 'Interrupted: the lab goes back to what it was.',
    );
    try {
      return await one.snapshot(request, (e) => report.progress(e), interrupt.stop);
    } finally {
      interrupt.done();
    }
  });
  const done = { save: 'saved', restore: 'restored', delete: 'deleted' };
  if (request.action !== 'list') for (const one of found) say(`${done[request.action]}: ${snapshotText(one)}`);
  else say(found.length === 0 ? 'There are no snapshots.' : found.map(snapshotText).join('\n'));
  return 0;
}

function snapshotText({ name, savedAt, bytes }: SnapshotInfo): string {
  const more = [
    ...(savedAt ? [`saved ${savedAt.toISOString()}`] : []),
    ...(bytes === undefined ? [] : [`${Math.ceil(bytes / 1e6)} MB`]),
  ];
  return [name, ...more].join('  ');
}

function snapshotRequest(action: string, name: string | undefined): SnapshotRequest {
  if (action === 'list') return { action };
  if (action !== 'save' && action !== 'restore' && action !== 'delete')
    throw new InputError({ what: `Unknown snapshot action '${action}'` });
  if (name !== undefined && /^[A-Za-z0-9][\w.-]*$/.test(name)) return { action, name };
  throw new InputError({
    what: name === undefined ? 'The snapshot needs a name' : `'${name}' is not a valid snapshot name`,
    fix: `Use letters, digits, dots and dashes: kubewright lab snapshot ${action} fresh`,
  });
}

/** The requested one; else that of the existing lab; else systemd-nspawn for root on Linux, and Vagrant otherwise. */
async function providerOf(asked: ProviderName | undefined): Promise<ProviderName> {
  if (asked !== undefined) return asked;
  if (await createVagrantLab().exists()) return 'vagrant';
  if (existsSync(labPaths().stateFile)) return 'nspawn';
  return process.platform === 'linux' && isRoot() ? 'nspawn' : 'vagrant';
}

async function labOf(asked: ProviderName | undefined): Promise<LabControl> {
  return (await providerOf(asked)) === 'vagrant' ? createVagrantLab() : lab();
}

/** A directory holds one lab. @throws InputError if it has one of the other provider. */
async function refuseOtherLab(provider: ProviderName): Promise<void> {
  const [other, where] = (await createVagrantLab().exists())
    ? ['vagrant', vagrantPaths().stateDir]
    : existsSync(labPaths().stateFile)
      ? ['nspawn', labPaths().stateDir]
      : [];
  if (other === undefined || other === provider || vagrantPaths().stateDir !== labPaths().stateDir) return;
  throw new InputError({
    what: `There is already a lab of ${other === 'vagrant' ? 'Vagrant' : 'systemd-nspawn'} machines`,
    where,
    fix: 'Remove it first (`kubewright lab down --destroy`), or set KUBEWRIGHT_LAB_DIR to another directory for the second one',
  });
}

export function lab(): LabProvider {
  return createNspawnLab({});
}

/** @throws InputError without root. */
export function requireRootForLab(what: string): void {
  requireRoot(what, 'It makes lab machines with namespaces, mounts and cgroups');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
