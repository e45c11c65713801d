import { Command, Flags } from '@oclif/core';
import { InputError } from '../../base/errors.js';
import { connectionFlags, inventoryFlags } from '../flags.js';
import { optionsOf } from '../options.js';
import { accountFlags, hubFlag } from './flags.js';

export default class KeysDistribute extends Command {
  static override summary = 'Give every host a key pair, and access to every other host';
  static override description =
    'Makes missing key pairs, and adds the public keys to every authorized_keys, the host keys to every known_hosts, and your own key everywhere. Existing content is left untouched; running it again changes nothing. If a host fails, the others are finished; repair it and run the same command again. Exit code 3 if a host was unreachable or refused the login, 1 if one failed otherwise.';
  static override examples = [
    '<%= config.bin %> keys distribute -i hosts.ini --ask-pass',
    '<%= config.bin %> keys distribute -i hosts.ini --ask-pass --no-mesh',
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
    mesh: Flags.boolean({
      description: 'give every host access to all others; --no-mesh gives only your own key to the hosts',
      allowNo: true,
      default: true,
    }),
    type: Flags.option({
      options: ['ed25519', 'ecdsa', 'rsa'] as const,
      description: 'type of the key pairs to make (default ed25519; with --rotate, the type that the host has)',
    })(),
    bits: Flags.integer({ description: 'size of an rsa (default 4096) or ecdsa key' }),
    'dry-run': Flags.boolean({ description: 'report what would change on each host; nothing is written' }),
    revoke: Flags.string({
      description:
        'remove the key of this host from every authorized_keys, and its host keys from every known_hosts; it need not answer or be in the inventory (repeatable; or give a fingerprint SHA256:…)',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME',
      exclusive: ['hub', 'type', 'bits', 'rotate'],
    }),
    rotate: Flags.boolean({
      description:
        'replace every key pair: new keys are added everywhere and tested with real logins before the old ones are removed; if interrupted, run it again and it picks up where it stopped',
    }),
    json: Flags.boolean({ description: 'print the result as a single JSON document' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(KeysDistribute);
    if (!flags.mesh && (flags.rotate || flags.revoke)) throw withoutMesh(flags.rotate ? '--rotate' : '--revoke');
    const options = { ...optionsOf(flags), account: flags.for };
    if (flags.revoke) {
      const { runKeysRevoke } = await import('../../app/keys/revoke-keys.js');
      process.exitCode = await runKeysRevoke({ ...options, revoke: flags.revoke });
    } else if (flags.rotate) {
      const { runKeysRotate } = await import('../../app/keys/rotate-keys.js');
      process.exitCode = await runKeysRotate(options);
    } else {
      if (!flags.mesh && flags.hub.length > 0) throw withoutMesh('--hub');
      const { runKeysDistribute } = await import('../../app/keys/keys.js');
      process.exitCode = await runKeysDistribute(options);
    }
  }
}

function withoutMesh(flag: string): InputError {
  return new InputError({
    what: `${flag} and --no-mesh cannot be used together`,
    why: 'Without the mesh the hosts have no keys of their own',
    fix: 'Omit one of them',
  });
}
