import { Command } from '@oclif/core';
import { operationFlags } from '../flags.js';
import { operationOptions } from '../options.js';

export default class EtcdDefrag extends Command {
  static override summary = 'Give the empty space in the databases of etcd back to the disks';
  static override description =
    'One member after the other, the leader last; each must be healthy before the next one has its turn.';
  static override examples = ['<%= config.bin %> etcd defrag -i hosts.ini'];
  static override flags = operationFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdDefrag);
    const { etcdDefragCommand } = await import('../../app/day-two/etcd/defrag.js');
    process.exitCode = await etcdDefragCommand(operationOptions(flags));
  }
}
