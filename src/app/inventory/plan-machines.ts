import { isIPv4 } from 'node:net';
import { type ErrorParts, InputError, InputErrors } from '../../base/errors.js';
import { formatParts } from '../../base/text/render-error.js';
import type { Host, Inventory } from '../../inventory/model/model.js';
import { forwardPorts, hostnameOf, type MachineList, SIZES, type VagrantMachine } from '../../lab/vagrant/machines.js';
import { refusals, thisHost } from '../../lab/vagrant/networks.js';
import { DEFAULT_BOX, HYPERVISORS, resolveBox } from '../../lab/vagrant/tool/boxes.js';
import { HostVars } from '../connect/host-vars.js';
import { type InventoryOptions, readInventory } from './read.js';

export interface MachineOptions {
  /** Box of every virtual machine without a vagrant_box of its own. */
  readonly box?: string;
  /** The architecture of this machine, as in `process.arch`. */
  readonly arch?: string;
}

/** `lab vagrant-machines`: how the Vagrantfile reads an inventory. */
export async function printVagrantMachines(o: InventoryOptions & MachineOptions): Promise<number> {
  const inventory = await readInventory(o);
  const list = await machineList(vagrantMachines(inventory, o), o.inventory);
  process.stdout.write(`${JSON.stringify(list, null, 2)}\n`);
  return 0;
}

/** The virtual machines, and what each provider would refuse. @param inventory paths, for the reader of the list. */
export async function machineList(machines: readonly VagrantMachine[], inventory: readonly string[]): Promise<MachineList> {
  const host = await thisHost();
  const refused = HYPERVISORS.flatMap((h) => {
    const all = refusals(machines, h, host);
    return all.length === 0 ? [] : [[h, all.map((p) => formatParts(p)).join('\n')]];
  });
  return { version: 1, inventory, machines, refused: Object.fromEntries(refused) };
}

/** The virtual machines for an inventory. @throws InputErrors with everything that is wrong, each with file:line:column. */
export function vagrantMachines(inventory: Inventory, o: MachineOptions = {}): VagrantMachine[] {
  const errors: ErrorParts[] = [];
  const wanted = [...inventory.hosts.values()].flatMap((host) => {
    try {
      return isLocal(host) ? [] : [machine(host, o)];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      errors.push(error.parts);
      return [];
    }
  });
  errors.push(...duplicates(wanted, inventory));
  if (errors.length > 0) throw new InputErrors(errors);
  if (wanted.length === 0) {
    throw new InputError({
      what: 'The inventory has no host for a virtual machine',
      where: inventory.files.join(', '),
      why: 'All its hosts have ansible_connection=local',
      fix: 'Add the hosts that Vagrant should create',
    });
  }
  const ports = forwardPorts(wanted);
  return wanted.map((m, i) => ({ ...m, sshPort: ports[i] ?? 0 }));
}

type Wanted = Omit<VagrantMachine, 'sshPort'> & { readonly sshPort?: number };

function machine(host: Host, o: MachineOptions): Wanted {
  const vars = new HostVars(host);
  const role = host.groups.has('kube_control_plane') ? 'master' : 'worker';
  const box = vars.text('vagrant_box');
  return {
    name: host.name,
    hostname: hostnameOf(host.name),
    address: address(host, vars),
    role,
    cpus: whole(host, vars, 'vagrant_cpus', 1) ?? SIZES[role].cpus,
    memory: whole(host, vars, 'vagrant_memory', 256) ?? SIZES[role].memory,
    boxes: resolveBox(
      box ?? o.box ?? DEFAULT_BOX,
      o.arch ?? process.arch,
      box === undefined ? undefined : vars.where('vagrant_box'),
    ),
    ...forwarded(vars),
  };
}

/** The address in the lab's network: the one the cluster uses (`ip`), else the one to connect to. */
function address(host: Host, vars: HostVars): string {
  const named = ['ip', 'access_ip', 'ansible_host', 'ansible_ssh_host'].find(
    (v) => vars.text(v) !== undefined && !isLoopback(vars.text(v)),
  );
  const value = named === undefined ? (isIPv4(host.name) ? host.name : undefined) : vars.text(named);
  if (value !== undefined && isIPv4(value)) return value;
  throw new InputError({
    what: value === undefined ? `${host.name} has no address` : `${named} of ${host.name} is not an IPv4 address: ${value}`,
    where: (named && vars.where(named)) ?? host.source,
    why: 'Vagrant gives each virtual machine its address in the inventory',
    fix: `Write ${host.name} ansible_host=192.168.56.11 ip=192.168.56.11 (or another address of the lab's network)`,
  });
}

/** The forwarded port of a host that is reached through one: ansible_host=127.0.0.1 ansible_port=60011. */
function forwarded(vars: HostVars): { sshPort?: number } {
  const port = vars.port('vagrant_ssh_port') ?? (isLoopback(vars.text('ansible_host')) ? vars.port('ansible_port') : undefined);
  return port === undefined ? {} : { sshPort: port };
}

function isLoopback(address: string | undefined): boolean {
  return address === 'localhost' || address === '127.0.0.1' || address === '::1';
}

function isLocal(host: Host): boolean {
  return new HostVars(host).text('ansible_connection') === 'local';
}

function whole(host: Host, vars: HostVars, name: string, least: number): number | undefined {
  const text = vars.text(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new InputError({
    what: `${name} of ${host.name} must be a whole number, at least ${least}${name === 'vagrant_memory' ? ' (MB)' : ''}, not ${text}`,
    where: vars.where(name),
    fix: `Correct ${name}`,
  });
}

function duplicates(machines: readonly Wanted[], inventory: Inventory): ErrorParts[] {
  const found: ErrorParts[] = [];
  const check = (what: string, of: (m: Wanted) => string | undefined) => {
    const seen = new Map<string, string>();
    for (const m of machines) {
      const key = of(m);
      const other = key === undefined ? undefined : seen.get(key);
      const host = inventory.hosts.get(m.name);
      if (key !== undefined && other === undefined) seen.set(key, m.name);
      if (other === undefined || !host) continue;
      found.push({
        what: `${m.name} and ${other} have the same ${what} ${key}`,
        where: host.source,
        fix: `Give one of them another ${what}`,
      });
    }
  };
  check('address', (m) => m.address);
  check('forwarded port', (m) => m.sshPort?.toString());
  return found;
}
