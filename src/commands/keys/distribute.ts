import { Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags } from '../flags.js';
import { accountFlags, hubFlag } from './flags.js';

export default class KeysDistribute extends Command {
  static override summary = 'Give every machine a key pair, and every machine access to every other';
  static override description =
    'Key pairs where there are none, public keys in every authorized_keys, host keys in every known_hosts, your own key everywhere. What was in those files stays; running it again changes nothing. A machine that fails is reported and the others are finished; exit code 3 when one was unreachable or refused us, 1 when one failed otherwise. Run the same command again after the repair.';
  static override examples = [
    '<%= config.bin %> keys distribute -i hosts.ini --ask-pass',
    '<%= config.bin %> keys distribute -i hosts.ini --hub m11-k8s --dry-run',
    '<%= config.bin %> keys distribute -i hosts.ini --type rsa --bits 4096',
  ];
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    ...accountFlags,
    ...hubFlag,
    type: Flags.option({
      options: ['ed25519', 'ecdsa', 'rsa'] as const,
      description: 'kind of key pair to make where there is none',
      default: 'ed25519' as const,
    })(),
    bits: Flags.integer({ description: 'size of a key of type rsa (default 4096) or ecdsa' }),
    'dry-run': Flags.boolean({ description: 'say what would change on each machine; nothing is written anywhere' }),
    json: Flags.boolean({ description: 'print the result as one JSON document' }),
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
      askPassEach: flags['ask-pass-each'],
      hub: flags.hub,
      dryRun: flags['dry-run'],
      type: flags.type,
      bits: flags.bits,
      json: flags.json,
    });
  }
}
