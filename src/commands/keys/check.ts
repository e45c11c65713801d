import { Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags } from '../flags.js';
import { optionsOf } from '../options.js';
import { accountFlags, hubFlag } from './flags.js';

export default class KeysCheck extends Command {
  static override summary = 'Test that every host can log in to every other host';
  static override description =
    'The hosts log in to each other with BatchMode=yes and StrictHostKeyChecking=yes. Prints a table if it fits the terminal; otherwise only the failures and the total. Exit code 1 if a login failed.';
  static override examples = [
    '<%= config.bin %> keys check -i hosts.ini',
    '<%= config.bin %> keys check -i hosts.ini --hub m11-k8s --json',
  ];
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    ...accountFlags,
    ...hubFlag,
    json: Flags.boolean({ description: 'print the result as a single JSON document' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(KeysCheck);
    const { runKeysCheck } = await import('../../app/keys/keys.js');
    process.exitCode = await runKeysCheck({ ...optionsOf(flags), account: flags.for });
  }
}
