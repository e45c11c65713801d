import { Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags } from '../flags.js';

export default class KeysDistribute extends Command {
  static override summary = 'Give every machine a key pair, and every machine access to every other';
  static override description =
    'Key pairs where there are none, public keys in every authorized_keys, host keys in every known_hosts, your own key everywhere. What was in those files stays; running it again changes nothing.';
  static override examples = ['<%= config.bin %> keys distribute -i hosts.ini --ask-pass'];
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    for: Flags.string({ description: 'account whose keys are meant (default: the one that connects)', helpValue: 'USER' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(KeysDistribute);
    const { runKeysDistribute } = await import('../../app/keys.js');
    process.exitCode = await runKeysDistribute({
      inventory: flags.inventory ?? [],
      extraVars: flags['extra-vars'],
      limit: flags.limit,
      connection: flags,
      account: flags.for,
    });
  }
}
