import { Args, Command, Flags } from '@oclif/core';
import { inventoryFlags, playbookDirFlag, vaultFlags } from '../flags.js';
import { optionsOf } from '../options.js';

export default class InventoryGraph extends Command {
  static override summary = 'Print groups and hosts as a tree, as ansible-inventory --graph does';
  static override args = { group: Args.string({ description: 'start at this group', default: 'all' }) };
  static override flags = {
    inventory: inventoryFlags.inventory,
    'extra-vars': inventoryFlags['extra-vars'],
    ...vaultFlags,
    ...playbookDirFlag,
    vars: Flags.boolean({ description: 'print variables as well' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(InventoryGraph);
    const { inventoryGraph } = await import('../../app/inventory/list.js');
    process.exitCode = await inventoryGraph({ ...optionsOf(flags), group: args.group });
  }
}
