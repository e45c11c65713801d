import { Command, Flags } from '@oclif/core';
import { clusterFlags, connectionFlags } from './flags.js';
import { optionsOf } from './options.js';

export default class Status extends Command {
  static override summary = 'Show what runs on the hosts, and what to do next';
  static override description =
    'Nodes and their versions, API servers and kubelets that do not work, etcd, certificates, and settings in which the cluster differs from the inventory. Changes nothing. Exit code 1 when something needs to be done, 3 when a host cannot be reached.';
  static override examples = ['<%= config.bin %> status -i hosts.ini', '<%= config.bin %> status -i hosts.ini --json'];
  static override flags = { ...clusterFlags, ...connectionFlags, json: Flags.boolean({ description: 'print JSON' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    const { status } = await import('../app/day-two/status/status.js');
    process.exitCode = await status(optionsOf(flags));
  }
}
