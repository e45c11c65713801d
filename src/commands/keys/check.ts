import { Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags } from '../flags.js';
import { optionsOf } from '../options.js';
import { accountFlags, hubFlag } from './flags.js';

export default class KeysCheck extends Command {
  static override summary = 'Let every machine log in to every other, and say where that fails';
  static override description =
    'The logins are made by the machines themselves, with BatchMode=yes and StrictHostKeyChecking=yes. One table where it is readable, only the failures and the sum where there are many machines. Exit code 1 when a login failed.';
  static override examples = [
    '<%= config.bin %> keys check -i hosts.ini',
    '<%= config.bin %> keys check -i hosts.ini --hub m11-k8s --json',
  ];
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    ...accountFlags,
    ...hubFlag,
    json: Flags.boolean({ description: 'print the result as one JSON document' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(KeysCheck);
    const { runKeysCheck } = await import('../../app/keys/keys.js');
    process.exitCode = await runKeysCheck({ ...optionsOf(flags), account: flags.for });
  }
}
