import { Command, Flags } from '@oclif/core';
import { inventoryFlags, playbookDirFlag, vaultFlags } from '../flags.js';
import { optionsOf } from '../options.js';

export default class InventoryShow extends Command {
  static override summary = 'Show the cluster that an inventory describes, without touching any host';
  static override description =
    'Prints the roles and addresses of each host, and every setting with the file and line that set it. Secrets are shown as ***.';
  static override flags = {
    inventory: inventoryFlags.inventory,
    'extra-vars': inventoryFlags['extra-vars'],
    ...vaultFlags,
    ...playbookDirFlag,
    json: Flags.boolean({ description: 'print JSON' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(InventoryShow);
    const { inventoryResolved } = await import('../../app/inventory/show.js');
    process.exitCode = await inventoryResolved(optionsOf(flags));
  }
}
