import { Command, Flags } from '@oclif/core';
import { clusterFlags, connectionFlags } from './flags.js';
import { optionsOf } from './options.js';

export default class Shortnames extends Command {
  static override summary = "List the short names of the cluster's resources, and how many there are of each";
  static override description =
    'Asks a control plane, so that custom resources are in it. --card is a page for the printer: kubewright shortnames --card | lp.';
  static override examples = [
    '<%= config.bin %> shortnames -i hosts.ini',
    '<%= config.bin %> shortnames -i hosts.ini --card > card.txt',
  ];
  static override flags = {
    ...clusterFlags,
    ...connectionFlags,
    all: Flags.boolean({ description: "also Kubernetes' own resources without a short name" }),
    card: Flags.boolean({ description: 'print a page of A4', exclusive: ['json'] }),
    json: Flags.boolean({ description: 'print JSON' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Shortnames);
    const { shortnames } = await import('../app/day-two/shortnames/shortnames.js');
    process.exitCode = await shortnames(optionsOf(flags));
  }
}
