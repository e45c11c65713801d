import type { LabMachine } from '../provider.js';
import type { Boxes, Hypervisor } from './tool/boxes.js';

/** One machine as the Vagrantfile gets it: everything is decided here, the Vagrantfile only passes it on. */
export interface VagrantMachine extends LabMachine {
  /** The machine's hostname, a valid DNS name. */
  readonly hostname: string;
  readonly cpus: number;
  /** MB. */
  readonly memory: number;
  /** Port of this host that leads to the machine's sshd. */
  readonly sshPort: number;
  readonly boxes: Boxes;
}

/** What `lab vagrant-machines` prints, and what is stored beside the Vagrantfile of a lab. */
export interface MachineList {
  readonly version: 1;
  /** The inventories it was read from. */
  readonly inventory: readonly string[];
  readonly machines: readonly VagrantMachine[];
  /** Why a provider can't make them, for the terminal. */
  readonly refused: Readonly<Partial<Record<Hypervisor, string>>>;
}

/** As in the users' lab: 2 CPUs and 2048 MB, 1 CPU and 1536 MB. */
export const SIZES = { master: { cpus: 2, memory: 2048 }, worker: { cpus: 1, memory: 1536 } } as const;

const FIRST_PORT = 60_000;
const NEXT_FREE = 60_300;

/**
 * Ports as in the users' lab: 60000 plus the last octet of the address (m11 → 60011, w101 → 60101). Where two
 * machines would share one, the later one gets the next free port from 60300 on.
 */
export function forwardPorts(machines: readonly { address: string; sshPort?: number }[]): number[] {
  const taken = new Set(machines.flatMap((m) => m.sshPort ?? []));
  return machines.map((m) => {
    if (m.sshPort !== undefined) return m.sshPort;
    let port = FIRST_PORT + Number(m.address.split('.').at(-1));
    if (taken.has(port)) for (port = NEXT_FREE; taken.has(port); port++);
    taken.add(port);
    return port;
  });
}

/** A name that Vagrant and DNS accept, from a name of the inventory. */
export function hostnameOf(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return plain === '' ? 'machine' : plain;
}
