import { Command, Flags } from '@oclif/core';
import { inventoryFlags, playbookDirFlag, vaultFlags } from '../flags.js';
import { optionsOf } from '../options.js';

export default class InventoryValidate extends Command {
  static override summary = 'Find everything that is wrong with an inventory, without touching any host';
  static override description =
    'Each finding says where it is (file, line and column), what is wrong and what to write instead. Exit code 2 if there are errors, else 0.';
  static override examples = [
    '<%= config.bin %> inventory validate -i inventories/sample/hosts.ini',
    '<%= config.bin %> inventory validate -i hosts.ini --strict --json',
  ];
  static override flags = {
    inventory: inventoryFlags.inventory,
    'extra-vars': inventoryFlags['extra-vars'],
    ...vaultFlags,
    ...playbookDirFlag,
    strict: Flags.boolean({ description: 'treat warnings as errors' }),
    json: Flags.boolean({ description: 'print the findings as JSON' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(InventoryValidate);
    const { inventoryValidate } = await import('../../app/inventory/validate.js');
    process.exitCode = await inventoryValidate(optionsOf(flags));
  }
}
