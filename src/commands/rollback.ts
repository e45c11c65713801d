import { Args, Command, Flags } from '@oclif/core';
import { operationFlags, yesFlag } from './flags.js';
import { operationOptions } from './options.js';

export default class Rollback extends Command {
  static override summary = 'Undo of an upgrade what can be undone';
  static override description =
    'Without --snapshot nothing is given up: nodes at which an upgrade has stopped get the kubelet and the runtime of before, and the plan says what stays and why. API servers and etcd have written what older ones may not know; with a snapshot of before the upgrade all objects and all programs go back, and what was written since is lost. If it is cut off, run the same command again.';
  static override examples = [
    '<%= config.bin %> rollback -i hosts.ini --check',
    '<%= config.bin %> rollback -i hosts.ini w103 --bundle kube-1.35',
    '<%= config.bin %> rollback -i hosts.ini --bundle kube-1.35 --snapshot backups/snapshot-20261129T034500Z.db',
  ];
  static override args = {
    node: Args.string({ description: 'only this node  [default: those that an upgrade has cordoned]' }),
  };
  static override flags = {
    ...operationFlags,
    to: Flags.string({
      description: 'the version to go back to  [default: the one of --bundle; else the one before the upgrade]',
      helpValue: 'VERSION',
    }),
    snapshot: Flags.string({
      description: 'snapshot of etcd of before the upgrade: the whole cluster goes back, and what was written since is given up',
      helpValue: 'FILE',
    }),
    'drain-timeout': Flags.integer({
      description: 'how long a node may take to drain',
      default: 300,
      min: 1,
      helpValue: 'SECONDS',
    }),
    ...yesFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Rollback);
    const { rollbackCommand } = await import('../app/day-two/rollback/rollback.js');
    const { node } = args;
    const { to, snapshot, ...rest } = operationOptions(flags);
    process.exitCode = await rollbackCommand({
      ...rest,
      ...(node === undefined ? {} : { node }),
      ...(to === undefined ? {} : { to }),
      ...(snapshot === undefined ? {} : { snapshot }),
    });
  }
}
