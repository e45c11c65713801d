import { Command } from '@oclif/core';
import { inventoryFlags, vaultFlags } from '../flags.js';

export default class InventoryShow extends Command {
  static override summary = 'Show the cluster that an inventory describes, without touching any machine';
  static override description = 'Reads and checks everything that provision would read: a quick way to find mistakes.';
  static override flags = { inventory: inventoryFlags.inventory, 'extra-vars': inventoryFlags['extra-vars'], ...vaultFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(InventoryShow);
    const { inventoryShow } = await import('../../app/inventory.js');
    process.exitCode = await inventoryShow({ inventory: flags.inventory ?? [], extraVars: flags['extra-vars'], vault: flags });
  }
}
