import { Command, Flags } from '@oclif/core';
import { operationFlags, yesFlag } from './flags.js';
import { operationOptions } from './options.js';

export default class Recover extends Command {
  static override summary = 'Bring a cluster back whose etcd has lost its quorum';
  static override description =
    'For control planes that are lost for good. etcd starts again with the members that are left: a snapshot of what they have is taken, the newest is restored on all of them, and the API servers start. Refused while etcd has its quorum, or could have it. If it is cut off, run it again with --snapshot and the file that it has named.';
  static override examples = [
    '<%= config.bin %> recover -i hosts.ini --check',
    '<%= config.bin %> recover -i hosts.ini --snapshot backups/snapshot-20261129T034500Z.db',
  ];
  static override flags = {
    ...operationFlags,
    snapshot: Flags.string({
      description: 'restore this snapshot, instead of what the members that are left have',
      helpValue: 'FILE',
    }),
    ...yesFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Recover);
    const { recoverCommand } = await import('../app/day-two/recover/recover.js');
    const { snapshot } = flags;
    process.exitCode = await recoverCommand({ ...operationOptions(flags), ...(snapshot === undefined ? {} : { snapshot }) });
  }
}
