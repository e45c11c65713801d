import { Command, Flags } from '@oclif/core';
import { clusterFlags, connectionFlags } from '../flags.js';
import { optionsOf } from '../options.js';

export default class EtcdStatus extends Command {
  static override summary = 'Show the members of etcd, their health, sizes and alarms';
  static override description =
    'Changes nothing. Exit code 1 when something is wrong: a member is down, there is an alarm, or members hold different data.';
  static override examples = ['<%= config.bin %> etcd status -i hosts.ini'];
  static override flags = {
    ...clusterFlags,
    ...connectionFlags,
    json: Flags.boolean({ description: 'print JSON' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdStatus);
    const { etcdStatus } = await import('../../app/day-two/etcd/status.js');
    process.exitCode = await etcdStatus(optionsOf(flags));
  }
}
