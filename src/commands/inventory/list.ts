import { Command, Flags } from '@oclif/core';
import { inventoryFlags, playbookDirFlag } from '../flags.js';
import { optionsOf } from '../options.js';

export default class InventoryList extends Command {
  static override summary = 'Print hosts, groups and variables as ansible-inventory --list does';
  static override description =
    'Reads what Ansible would read and prints the same JSON: names as written, values with their types, templates not rendered.';
  static override examples = [
    '<%= config.bin %> inventory list -i hosts.ini',
    '<%= config.bin %> inventory list -i hosts.ini --host m11-k8s',
  ];
  static override flags = {
    ...inventoryFlags,
    ...playbookDirFlag,
    json: Flags.boolean({ description: 'print JSON (the default, except with --resolved)' }),
    resolved: Flags.boolean({
      description:
        'print the cluster as Kubewright sees it: roles, addresses, and each setting with the file and line that set it',
      exclusive: ['host', 'limit'],
    }),
    host: Flags.string({ description: 'print the variables of this host only', helpValue: 'NAME' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(InventoryList);
    if (flags.resolved) {
      const { inventoryResolved } = await import('../../app/inventory/show.js');
      process.exitCode = await inventoryResolved(optionsOf(flags));
      return;
    }
    const { inventoryList } = await import('../../app/inventory/list.js');
    process.exitCode = await inventoryList(optionsOf(flags));
  }
}
