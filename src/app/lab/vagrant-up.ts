import { join, relative, resolve } from 'node:path';
import { PACKAGE_ROOT } from '../../base/package-root.js';
import { count } from '../../base/text/format.js';
import { toolName } from '../../base/text/tool-name.js';
import { freeSubnets } from '../../cluster/checks/subnets.js';
import { isHostList } from '../../inventory/load/sources.js';
import { planMachines } from '../../lab/nspawn/plan.js';
import { createVagrantLab } from '../../lab/vagrant/lab.js';
import { forwardPorts, SIZES, type VagrantMachine } from '../../lab/vagrant/machines.js';
import { DEFAULT_BOX, resolveBox } from '../../lab/vagrant/tool/boxes.js';
import { reported } from '../../ui/stages/create-reporter.js';
import { interruptions } from '../connect/interrupt.js';
import type { VaultOptions } from '../connect/options.js';
import { vagrantMachines } from '../inventory/plan-machines.js';
import { readInventory } from '../inventory/read.js';

export interface VagrantUpOptions {
  /** The user's inventories; empty: the lab plans its machines. */
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly vault?: VaultOptions;
  readonly masters?: number;
  readonly workers?: number;
  readonly subnet?: string;
  readonly inventoryDir: string;
  readonly bundle?: string;
  readonly box?: string;
  /** A provider, as Vagrant names it. */
  readonly hypervisor?: string;
}

/** VirtualBox allows this one by default. */
const SUBNET = '192.168.56.0/24';

/** `lab up --provider vagrant`. */
export async function vagrantUp(o: VagrantUpOptions): Promise<number> {
  const machines = o.inventory.length > 0 ? vagrantMachines(await readInventory(o), o) : planned(o);
  const inventories = o.inventory.map((i) => (isHostList(i) ? i : resolve(i)));
  return reported(async (report) => {
    const say = (text: string): void => report.say(text);
    const spec = {
      machines,
      hypervisor: o.hypervisor ?? (process.env.VAGRANT_DEFAULT_PROVIDER || undefined),
      inventories,
      inventoryDir: resolve(o.inventoryDir),
      extraVars: labSettings(o, machines),
      vagrantfile: join(PACKAGE_ROOT, 'vagrant/Vagrantfile'),
    };
    const interrupt = interruptions(say, () => 'Interrupted: waiting for Vagrant to clean up. Press Ctrl-C again to skip that.');
    const lab = await createVagrantLab()
      .up(spec, (e) => report.progress(e), interrupt)
      .finally(() => interrupt.done());
    const args = [...inventories, join(lab.inventoryDir, 'hosts.ini')].map((i) => `-i ${short(i)}`).join(' ');
    say(`${count(lab.machines.length, 'machine')} up.`);
    say(`Next: ${toolName()} keys distribute ${args}`);
    say(`then: ${toolName()} provision ${args}`);
    return 0;
  });
}

/** Settings for the lab's own inventory: the bundle, and subnets that do not contain the machines. */
export function labSettings(
  o: Pick<VagrantUpOptions, 'bundle'>,
  machines: readonly { readonly address: string }[],
): Record<string, unknown> {
  return {
    ...(o.bundle === undefined ? {} : { kubewright_bundle: resolve(o.bundle) }),
    ...freeSubnets(machines.map((m) => m.address)),
  };
}

/** As on this box: m11-k8s …, w101-k8s …, in another network. */
function planned(o: VagrantUpOptions): VagrantMachine[] {
  const { masters = 3, workers = 6, subnet = SUBNET } = o;
  const boxes = resolveBox(o.box ?? DEFAULT_BOX, process.arch, o.box === undefined ? undefined : '--box');
  const machines = planMachines({ masters, workers, subnet });
  const ports = forwardPorts(machines);
  return machines.map((m, i) => ({ ...m, hostname: m.name, ...SIZES[m.role], sshPort: ports[i] ?? 0, boxes }));
}

/** A path as a user would type it here. */
function short(path: string): string {
  if (isHostList(path)) return path;
  const near = relative(process.cwd(), path);
  const name = near.startsWith('..') ? path : near;
  return /^[\w./-]+$/.test(name) ? name : `'${name}'`;
}
