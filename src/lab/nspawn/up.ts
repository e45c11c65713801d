import { mkdir, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import { exec } from '../box/exec.js';
import type { LabPaths } from '../box/paths.js';
import { inParallel } from '../box/pool.js';
import { isAlive } from '../box/processes.js';
import { raiseSysctls, readSysctls } from '../box/sysctls.js';
import { detectBoxTraits, labVariables } from '../box/traits.js';
import type { LabSpec, LabState, OnProgress } from '../provider.js';
import { knownHostsLines, prepareDisk } from './disk.js';
import { checkInventoryDir, renderHosts, renderVariables, writeInventory } from './inventory.js';
import { bootMachine } from './machine.js';
import { checkSubnet, ensureBridge } from './network.js';
import { planMachines } from './plan.js';
import { ensureRootfs, rootfsDir } from './rootfs.js';
import { loadState, type SavedLab, saveState } from './state.js';

/** Booting keeps the box's processors busy: more at once would only make each slower. */
const AT_ONCE = 4;

/** `up` under the lab's lock. Steps whose result exists already change nothing. */
export async function bringUp(spec: LabSpec, paths: LabPaths, onProgress: OnProgress, signal?: AbortSignal): Promise<LabState> {
  const old = await loadState(paths);
  const lab = mergeSpec(spec, old, rootfsDir(paths, spec.os ?? 'debian12'), paths);
  await checkInventoryDir(lab.inventoryDir);
  await checkSubnet(lab.subnet, paths);

  if (!old) {
    await ensureRootfs(paths, lab.os ?? 'debian12', onProgress, signal);
    lab.sysctls = await readSysctls();
  } else await requireRootfs(lab.rootfs);
  await saveState(paths, lab);
  await ensureKey(paths);
  await ensureHost(lab, paths);
  onProgress({ stage: 'network', text: `bridge ${paths.bridge} with ${lab.subnet}`, over: true });

  await inParallel(lab.machines, AT_ONCE, async (machine) => {
    signal?.throwIfAborted();
    const say = (text: string) => onProgress({ stage: machine.name, text });
    if (!machine.prepared) {
      say('preparing its disk');
      await prepareDisk(lab, machine, paths);
      machine.prepared = true;
      await saveState(paths, lab);
    }
    const running = await isAlive(machine.process);
    if (!running) say('booting');
    await bootMachine(lab, machine, paths, signal);
    const text = `${running ? 'is up' : 'booted'}, sshd answers on ${machine.address}`;
    onProgress({ stage: machine.name, text, over: true });
  });

  const lines = await Promise.all(lab.machines.map((m) => knownHostsLines(m, paths)));
  await writeFile(paths.sshKnownHosts, `${lines.flat().join('\n')}\n`, { mode: 0o600 });
  const variables = renderVariables(labVariables(await detectBoxTraits()), lab.settings, paths);
  await writeInventory(lab.inventoryDir, renderHosts(lab.machines), variables);
  onProgress({ stage: 'inventory', text: `${lab.inventoryDir}/hosts.ini`, over: true });
  const machines = lab.machines.map(({ name, address, role }) => ({ name, address, role }));
  return { machines, subnet: lab.subnet, inventoryDir: lab.inventoryDir, stateDir: paths.stateDir };
}

/** The goal of this `up`: what exists already, plus the other machines of the spec. */
export function mergeSpec(spec: LabSpec, old: SavedLab | undefined, rootfs: string, paths: LabPaths): MergedLab {
  const planned = planMachines(spec);
  const inventoryDir = resolve(spec.inventoryDir);
  const settings = {
    chosen: spec.chosen ?? old?.settings?.chosen ?? {},
    asked: { ...old?.settings?.asked, ...spec.asked },
  };
  if (!old) {
    const machines = planned.map((m) => ({ ...m, cgroups: [] }));
    return { version: 1, subnet: spec.subnet, inventoryDir, rootfs, os: spec.os, sysctls: {}, machines, settings };
  }
  const changed = (what: string, why: string) =>
    new InputError({
      what,
      where: wholeFile(paths.stateDir),
      why,
      fix: 'Run `kubewright lab down` first, or request the same as before',
    });
  if (old.subnet !== spec.subnet) {
    throw changed("An existing lab can't change its subnet", `It has ${old.subnet}, requested is ${spec.subnet}`);
  }
  if (old.inventoryDir !== inventoryDir) {
    throw changed(
      "An existing lab can't change its inventory's directory",
      `It has ${old.inventoryDir}, requested is ${inventoryDir}`,
    );
  }
  const { os = 'debian12' } = old;
  if (spec.os && spec.os !== os) {
    throw changed("An existing lab can't change its system", `It has ${os}, requested is ${spec.os}`);
  }
  const gone = old.machines.filter((m) => !planned.some((p) => p.name === m.name)).map((m) => m.name);
  if (gone.length > 0)
    throw changed("An existing lab can't lose machines", `It has ${gone.join(', ')}, which were not requested`);
  const machines = planned.map((m) => old.machines.find((o) => o.name === m.name) ?? { ...m, cgroups: [] });
  return { ...old, machines, settings };
}

type MergedLab = SavedLab & Required<Pick<SavedLab, 'settings'>>;

/** The parts of the lab that all machines share; gone after the box was rebooted. */
export async function ensureHost(lab: SavedLab, paths: LabPaths): Promise<void> {
  await raiseSysctls();
  await ensureBridge(lab.subnet, paths);
}

async function ensureKey(paths: LabPaths): Promise<void> {
  await mkdir(paths.stateDir, { recursive: true, mode: 0o700 });
  if (await exists(`${paths.sshKey}.pub`)) return;
  await exec(['rm', '-f', paths.sshKey]); // its public half was never written
  await exec(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'kubewright lab', '-f', paths.sshKey]);
}

async function requireRootfs(dir: string): Promise<void> {
  if (await exists(dir)) return;
  throw new InputError({
    what: "The disk under the lab's machines is gone",
    where: wholeFile(dir),
    why: 'The cache was emptied while the lab existed',
    fix: 'Run `kubewright lab down`, then `kubewright lab up`',
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
