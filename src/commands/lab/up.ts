import { Command, Flags } from '@oclif/core';

export default class LabUp extends Command {
  static override summary = 'Start lab machines on this box: real systemd, real sshd, a network of their own';
  static override flags = {
    masters: Flags.integer({ description: 'control planes', default: 3, min: 1, max: 90 }),
    workers: Flags.integer({ description: 'workers', default: 6, min: 0, max: 150 }),
    subnet: Flags.string({ description: 'network of the machines', default: '10.77.0.0/24' }),
    'inventory-dir': Flags.string({ description: 'where the inventory goes', default: 'inventories/lab' }),
    bundle: Flags.string({ description: 'offline bundle to name in the inventory', helpValue: 'PATH' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LabUp);
    const { labUp } = await import('../../app/lab.js');
    process.exitCode = await labUp({ ...flags, inventoryDir: flags['inventory-dir'] });
  }
}
