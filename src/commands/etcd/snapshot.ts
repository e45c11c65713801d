import { Command, Flags } from '@oclif/core';
import { operationFlags } from '../flags.js';
import { operationOptions } from '../options.js';

export default class EtcdSnapshot extends Command {
  static override summary = 'Take a snapshot of etcd on one healthy member';
  static override description =
    'It is kept on that host in etcd_backup_prefix/etcd, the newest etcd_backup_retention_count of them, readable by root only: it holds all Secrets. It does not hold the keys below /etc/kubernetes/pki and etcd_cert_dir; new hosts need those too.';
  static override examples = [
    '<%= config.bin %> etcd snapshot -i hosts.ini',
    '<%= config.bin %> etcd snapshot -i hosts.ini -o backups',
  ];
  static override flags = {
    ...operationFlags,
    output: Flags.string({ char: 'o', description: 'directory on this machine that gets a copy', helpValue: 'DIR' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(EtcdSnapshot);
    const { etcdSnapshotCommand } = await import('../../app/day-two/etcd/snapshot.js');
    process.exitCode = await etcdSnapshotCommand(operationOptions(flags));
  }
}
