import { Args, Command } from '@oclif/core';
import { connectionFlags, inventoryFlags, vaultFlags } from './flags.js';
import { optionsOf } from './options.js';

const { inventory, 'extra-vars': extraVars } = inventoryFlags;
const { user, 'private-key': privateKey, 'ask-pass': askPass } = connectionFlags;
const { 'host-key-checking': hostKeyChecking, 'connect-timeout': connectTimeout, 'ssh-config': sshConfig } = connectionFlags;

export default class Ssh extends Command {
  static override summary = 'Log in to a host of the inventory with OpenSSH';
  static override description =
    'Uses the same address, port, user, keys, known_hosts and jump hosts as every other command. A password from the inventory reaches ssh without showing up in an argument, a file or the environment. Exits with the exit code of ssh.';
  static override examples = [
    '<%= config.bin %> ssh m11-k8s -i hosts.ini',
    '<%= config.bin %> ssh m11-k8s -i hosts.ini -- sudo kubectl get nodes',
  ];
  static override strict = false;
  static override args = { host: Args.string({ description: 'host, as named in the inventory', required: true }) };
  static override flags = {
    ...vaultFlags,
    inventory,
    'extra-vars': extraVars,
    user,
    'private-key': privateKey,
    'ask-pass': askPass,
    'host-key-checking': hostKeyChecking,
    'connect-timeout': connectTimeout,
    'ssh-config': sshConfig,
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(Ssh);
    const { runSsh } = await import('../app/ssh/ssh.js');
    process.exitCode = await runSsh({ ...optionsOf(flags), host: args.host, command: argv.slice(1).map(String) });
  }
}
