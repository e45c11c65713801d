import { Args, Command } from '@oclif/core';
import { operationFlags, yesFlag } from '../flags.js';
import { operationOptions } from '../options.js';

export default class EtcdRestore extends Command {
  static override summary = 'Replace all objects of the cluster by those of a snapshot of etcd';
  static override description =
    'Every member checks and restores the file beside its data before anything stops. Then the API servers stop, all members change over, and all start again; kube-proxy is restarted. The old data are kept. If it is cut off, run the same command again.';
  static override examples = ['<%= config.bin %> etcd restore -i hosts.ini backups/snapshot-20261129T034500Z.db'];
  static override args = { file: Args.string({ description: 'snapshot on this machine', required: true }) };
  static override flags = { ...operationFlags, ...yesFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(EtcdRestore);
    const { etcdRestoreCommand } = await import('../../app/day-two/etcd/restore.js');
    process.exitCode = await etcdRestoreCommand({ ...operationOptions(flags), file: args.file });
  }
}
