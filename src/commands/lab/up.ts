import { Command, Flags } from '@oclif/core';
import { inventoryFlags, sourceFlag, vaultFlags } from '../flags.js';
import { optionsOf } from '../options.js';
import { boxFlag, providerFlag } from './flags.js';

export default class LabUp extends Command {
  static override summary = 'Start lab machines: on this box (real systemd, real sshd), or virtual ones with Vagrant';
  static override description =
    'Without -i, plans the machines and writes a complete inventory. With --provider vagrant -i INVENTORY, makes the machines of that inventory, and writes a small one next to it that says how they are reached.';
  static override examples = [
    '<%= config.bin %> lab up --masters 1 --workers 2',
    '<%= config.bin %> lab up --provider vagrant',
    '<%= config.bin %> lab up --provider vagrant -i inventories/mine/hosts.ini --box alma9',
  ];
  static override flags = {
    ...providerFlag,
    inventory: Flags.string({
      char: 'i',
      description: 'make the machines of this inventory (repeatable; Vagrant only)',
      multiple: true,
      multipleNonGreedy: true,
      exclusive: ['masters', 'workers', 'subnet'],
      helpValue: 'PATH',
    }),
    'extra-vars': inventoryFlags['extra-vars'],
    ...vaultFlags,
    masters: Flags.integer({ description: 'number of control planes  [default: 3]', min: 1, max: 90 }),
    workers: Flags.integer({ description: 'number of workers  [default: 6]', min: 0, max: 150 }),
    subnet: Flags.string({ description: 'network of the machines  [default: 10.77.0.0/24; Vagrant: 192.168.56.0/24]' }),
    'inventory-dir': Flags.string({ description: 'directory to write the inventory to', default: 'inventories/lab' }),
    bundle: Flags.string({ description: 'offline bundle to install from', helpValue: 'PATH', exclusive: ['source'] }),
    os: Flags.option({
      options: ['debian12', 'debian13'] as const,
      description: 'system of lab machines on this box  [default: what the lab has; else debian12]',
    })(),
    ...sourceFlag,
    ...boxFlag,
    'vagrant-provider': Flags.string({
      description:
        'provider for Vagrant: virtualbox, libvirt, vmware_desktop, parallels or hyperv (default: the first that is usable)',
      env: 'KUBEWRIGHT_PROVIDER',
      helpValue: 'NAME',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LabUp);
    const { labUp } = await import('../../app/lab/lab.js');
    process.exitCode = await labUp({ ...optionsOf(flags), hypervisor: flags['vagrant-provider'] });
  }
}
