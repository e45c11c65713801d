import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputErrors, InterruptedError, KubewrightError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import type { OnProgress } from '../provider.js';
import { checkFolder, inventoryFiles, writeFiles } from './inventory.js';
import type { MachineList, VagrantMachine } from './machines.js';
import { findHostCollision, hostInterfaces, refusals, thisHost } from './networks.js';
import type { VagrantPaths } from './paths.js';
import { knownHostsText, type Reach, reachMachines } from './reach.js';
import { checkChange, loadVagrantLab, type SavedVagrantLab, saveText } from './state.js';
import { failureText, type Vagrant, type VagrantResult } from './tool/cli.js';
import { chooseHypervisor, NEEDS, requireVagrant, type Usable } from './tool/hypervisor.js';
import { outcomeOf, progressOf } from './tool/progress.js';
import { parseSshConfig } from './tool/ssh-config.js';

export interface VagrantSpec {
  readonly machines: readonly VagrantMachine[];
  /** Vagrant's name of a provider; default: the first usable one. */
  readonly hypervisor?: string;
  /** The user's inventories, absolute; none: the lab writes a whole one. */
  readonly inventories: readonly string[];
  readonly inventoryDir: string;
  /** Further cluster settings, for the lab's own inventory. */
  readonly extraVars: Readonly<Record<string, unknown>>;
  /** The Vagrantfile that comes with Kubewright. */
  readonly vagrantfile: string;
}

export interface Signals {
  readonly stop?: AbortSignal;
  readonly kill?: AbortSignal;
}

/** All preconditions are checked first; then `vagrant up`, then SSH, then the inventory. */
export async function bringUp(
  spec: VagrantSpec,
  paths: VagrantPaths,
  vagrant: (folder?: string) => Vagrant,
  onProgress: OnProgress,
  signals: Signals,
): Promise<SavedVagrantLab> {
  const old = await loadVagrantLab(paths);
  const version = await requireVagrant(vagrant());
  const usable = await chooseHypervisor(vagrant(), spec.hypervisor ?? old?.hypervisor);
  const { hypervisor } = usable;
  const { inventories, inventoryDir, machines } = spec;
  const lab: SavedVagrantLab = { version: 1, provider: 'vagrant', hypervisor, inventories, inventoryDir, machines };
  checkChange(old, lab, paths);
  await checkHost(lab, usable);
  await checkFolder(inventoryDir, ['hosts.ini', ...machines.map((m) => `host_vars/${m.name}.yml`)]);
  onProgress({
    stage: 'vagrant',
    text: `Vagrant ${version} with ${NEEDS[hypervisor].title}${usable.version ? ` (${usable.version})` : ''}`,
    over: true,
  });
  if (hypervisor === 'hyperv') {
    onProgress({
      stage: 'vagrant',
      text: 'Hyper-V can’t assign fixed addresses: the inventory gets those from DHCP, which may change when a machine is restarted',
      stays: true,
    });
  }

  await prepareFolder(lab, spec.vagrantfile, paths);
  await vagrantUp(lab, vagrant(paths.folder), paths, onProgress, signals);
  const reached = await reach(lab, vagrant(paths.folder), onProgress, signals.stop);
  await saveText(paths.knownHosts, knownHostsText(reached), 0o600);
  await writeFiles(inventoryDir, inventoryFiles(lab, reached, paths.knownHosts, spec.extraVars));
  onProgress({ stage: 'inventory', text: join(inventoryDir, 'hosts.ini'), over: true });
  return lab;
}

/** What the provider or this host's network would refuse. @throws InputErrors before any machine is made. */
async function checkHost(lab: SavedVagrantLab, usable: Usable): Promise<void> {
  const host = await thisHost(usable.hypervisor === 'virtualbox' ? usable.version : undefined);
  const collision =
    usable.hypervisor === 'hyperv'
      ? undefined
      : findHostCollision(
          lab.machines.map((m) => m.address),
          hostInterfaces(),
        );
  const all = [...refusals(lab.machines, usable.hypervisor, host), ...(collision ? [collision] : [])];
  if (all.length > 0) throw new InputErrors(all);
}

async function prepareFolder(lab: SavedVagrantLab, vagrantfile: string, paths: VagrantPaths): Promise<void> {
  await mkdir(paths.stateDir, { recursive: true, mode: 0o700 });
  await saveText(paths.stateFile, `${JSON.stringify(lab, null, 2)}\n`, 0o600);
  await saveText(join(paths.folder, 'Vagrantfile'), await readFile(vagrantfile, 'utf8'));
  const list: MachineList = { version: 1, inventory: lab.inventories, machines: lab.machines, refused: {} };
  await saveText(join(paths.folder, 'machines.json'), `${JSON.stringify(list, null, 2)}\n`);
}

async function vagrantUp(
  lab: SavedVagrantLab,
  vagrant: Vagrant,
  paths: VagrantPaths,
  onProgress: OnProgress,
  signals: Signals,
): Promise<void> {
  // Vagrant knows which providers can run in parallel; --parallel is its default, spelled out for the reader.
  const parallel = NEEDS[lab.hypervisor].parallel ? '--parallel' : '--no-parallel';
  const result = await vagrant(['up', '--provider', lab.hypervisor, parallel, '--machine-readable'], {
    ...signals,
    onRow: (row) => {
      const step = progressOf(row);
      if (step) onProgress(step);
    },
  });
  const outcome = outcomeOf(
    lab.machines.map((m) => m.name),
    result.rows,
  );
  if (signals.stop?.aborted) {
    throw new InterruptedError({
      what: 'Interrupted: the lab is half up',
      where: wholeFile(paths.stateDir),
      why: outcome.up.length > 0 ? `Up: ${outcome.up.join(', ')}` : 'No machine is up',
      fix: 'Run `kubewright lab up` again to resume, or `kubewright lab down --destroy` to remove what is there',
    });
  }
  if (result.code === 0) return;
  throw failed(lab, result, outcome, paths);
}

function failed(
  lab: SavedVagrantLab,
  result: VagrantResult,
  outcome: ReturnType<typeof outcomeOf>,
  paths: VagrantPaths,
): KubewrightError {
  const steps = outcome.failed.map((name) => `${name} (last: ${outcome.last.get(name) ?? 'started'})`);
  const rest = [
    ...(outcome.up.length > 0 ? [`Up: ${outcome.up.join(', ')}`] : []),
    ...(outcome.untouched.length > 0 && outcome.failed.length > 0 ? [`Not started: ${outcome.untouched.join(', ')}`] : []),
  ];
  return new KubewrightError({
    what:
      steps.length > 0
        ? `${steps.length === 1 ? 'A machine' : `${steps.length} machines`} did not come up: ${steps.join(', ')}`
        : 'vagrant up failed',
    where: wholeFile(paths.folder),
    why: [failureText(result) || `Vagrant ended with exit code ${result.code}`, ...rest].join('\n'),
    fix: `Fix what Vagrant complains about, then run \`kubewright lab up\` again: it resumes.\n\`vagrant up ${outcome.failed[0] ?? lab.machines[0]?.name ?? ''} --debug\` in that directory shows more`,
  });
}

/** How each machine can be reached now; ports and addresses may have changed since it was made. */
async function reach(lab: SavedVagrantLab, vagrant: Vagrant, onProgress: OnProgress, stop?: AbortSignal): Promise<Reach[]> {
  const config = await vagrant(['ssh-config']);
  if (config.code !== 0) {
    throw new KubewrightError({
      what: 'Vagrant does not report how to reach its machines',
      where: 'vagrant ssh-config',
      why: failureText(config),
      fix: 'Run `kubewright lab status`, then `kubewright lab up` again',
    });
  }
  const reached = await reachMachines(lab.machines, parseSshConfig(config.stdout), onProgress, stop);
  // Hyper-V machines get their addresses from DHCP.
  return lab.hypervisor === 'hyperv' ? reached.map((r) => ({ ...r, address: r.host })) : reached;
}
