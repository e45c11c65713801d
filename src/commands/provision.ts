import { Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags, outputFlags, playFlags } from './flags.js';
import { playOptions } from './options.js';

export default class Provision extends Command {
  static override summary = 'Turn the hosts of an inventory into a Kubernetes cluster';
  static override description =
    'Runs the built-in playbook over SSH. Running it again changes only what differs: use it to resume, to repair and to apply changed settings.';
  static override examples = [
    '<%= config.bin %> provision -i inventories/sample/hosts.ini',
    '<%= config.bin %> provision -i hosts.ini --check --diff',
    '<%= config.bin %> provision -i hosts.ini -e kube_version=1.34.11 --ask-pass',
  ];
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    ...outputFlags,
    ...playFlags,
    playbook: Flags.string({ description: 'playbook to run instead of the built-in cluster.yml', helpValue: 'FILE' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Provision);
    const { provision } = await import('../app/run/provision.js');
    const options = playOptions(flags);
    const offerKey = async (hosts: readonly string[]): Promise<void> =>
      (await import('../app/keys/offer.js')).offerKey({ ...options, view: undefined }, hosts);
    process.exitCode = await provision({ ...options, playbook: flags.playbook, offerKey });
  }
}
