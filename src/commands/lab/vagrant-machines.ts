import { Command } from '@oclif/core';
import { inventoryFlags, vaultFlags } from '../flags.js';
import { optionsOf } from '../options.js';
import { boxFlag } from './flags.js';

export default class LabVagrantMachines extends Command {
  static override hidden = true;
  static override summary = 'Print the machines that an inventory asks for as JSON; the Vagrantfile reads it';
  static override flags = {
    inventory: inventoryFlags.inventory,
    'extra-vars': inventoryFlags['extra-vars'],
    ...vaultFlags,
    ...boxFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LabVagrantMachines);
    const { printVagrantMachines } = await import('../../app/inventory/plan-machines.js');
    process.exitCode = await printVagrantMachines(optionsOf(flags));
  }
}
