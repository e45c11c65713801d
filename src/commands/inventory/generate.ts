import { Command, Flags } from '@oclif/core';

export default class InventoryGenerate extends Command {
  static override summary = 'Write an inventory for so many control planes and workers';
  static override examples = ['<%= config.bin %> inventory generate --masters 3 --workers 6 -o inventories/mine'];
  static override flags = {
    masters: Flags.integer({ description: 'control planes', default: 3, min: 1 }),
    workers: Flags.integer({ description: 'workers', default: 6, min: 0 }),
    subnet: Flags.string({ description: 'network of the machines', default: '192.168.1.0/24' }),
    'master-start': Flags.integer({ description: 'last number of the first control plane', default: 11, min: 1 }),
    'worker-start': Flags.integer({ description: 'last number of the first worker', default: 101, min: 1 }),
    user: Flags.string({ description: 'account to connect as', default: 'vagrant' }),
    'kube-version': Flags.string({ description: 'Kubernetes version; without it: the newest' }),
    'network-plugin': Flags.option({ options: ['calico', 'static-routes', 'none'] as const, default: 'calico' as const })(),
    'group-style': Flags.option({
      options: ['legacy', 'new'] as const,
      description: 'kube-master or kube_control_plane',
      default: 'legacy' as const,
    })(),
    output: Flags.string({ char: 'o', description: 'folder to write to; without it hosts.ini is printed', helpValue: 'DIR' }),
    force: Flags.boolean({ description: 'overwrite what is there' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(InventoryGenerate);
    const { inventoryGenerate } = await import('../../app/inventory.js');
    process.exitCode = await inventoryGenerate({
      masters: flags.masters,
      workers: flags.workers,
      subnet: flags.subnet,
      masterStart: flags['master-start'],
      workerStart: flags['worker-start'],
      user: flags.user,
      kubeVersion: flags['kube-version'],
      networkPlugin: flags['network-plugin'],
      groupStyle: flags['group-style'],
      output: flags.output,
      force: flags.force,
    });
  }
}
