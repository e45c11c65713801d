import { Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags } from '../flags.js';
import { optionsOf } from '../options.js';
import { accountFlags, hubFlag } from './flags.js';

export default class KeysDistribute extends Command {
  static override summary = 'Give every machine a key pair, and every machine access to every other';
  static override description =
    'Key pairs where there are none, public keys in every authorized_keys, host keys in every known_hosts, your own key everywhere. What was in those files stays; running it again changes nothing. A machine that fails is reported and the others are finished; exit code 3 when one was unreachable or refused us, 1 when one failed otherwise. Run the same command again after the repair.';
  static override examples = [
    '<%= config.bin %> keys distribute -i hosts.ini --ask-pass',
    '<%= config.bin %> keys distribute -i hosts.ini --hub m11-k8s --dry-run',
    '<%= config.bin %> keys distribute -i hosts.ini --type rsa --bits 4096',
    '<%= config.bin %> keys distribute -i hosts.ini --revoke w106-k8s',
    '<%= config.bin %> keys distribute -i hosts.ini --rotate',
  ];
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    ...accountFlags,
    ...hubFlag,
    type: Flags.option({
      options: ['ed25519', 'ecdsa', 'rsa'] as const,
      description: 'kind of key pair to make (default ed25519; with --rotate the kind that a machine has)',
    })(),
    bits: Flags.integer({ description: 'size of a key of type rsa (default 4096) or ecdsa' }),
    'dry-run': Flags.boolean({ description: 'say what would change on each machine; nothing is written anywhere' }),
    revoke: Flags.string({
      description:
        'take the key of this machine out of every authorized_keys, and its host keys out of every known_hosts; it need not answer, nor stand in the inventory (repeatable; a fingerprint SHA256:… does as well)',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME',
      exclusive: ['hub', 'type', 'bits', 'rotate'],
    }),
    rotate: Flags.boolean({
      description:
        'replace every key pair: new keys are added everywhere and tried by real logins before the old ones go; run again, it finishes what was interrupted',
    }),
    json: Flags.boolean({ description: 'print the result as one JSON document' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(KeysDistribute);
    const options = { ...optionsOf(flags), account: flags.for };
    if (flags.revoke) {
      const { runKeysRevoke } = await import('../../app/keys/revoke-keys.js');
      process.exitCode = await runKeysRevoke({ ...options, revoke: flags.revoke });
    } else if (flags.rotate) {
      const { runKeysRotate } = await import('../../app/keys/rotate-keys.js');
      process.exitCode = await runKeysRotate(options);
    } else {
      const { runKeysDistribute } = await import('../../app/keys/keys.js');
      process.exitCode = await runKeysDistribute(options);
    }
  }
}
