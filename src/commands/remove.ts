import { Args, Command, Flags } from '@oclif/core';
import { operationFlags, yesFlag } from './flags.js';
import { operationOptions } from './options.js';

export default class Remove extends Command {
  static override summary = 'Take nodes out of the cluster, and reset their hosts';
  static override description =
    'Workers, control planes and etcd members, the first ones too. The nodes are drained (budgets are respected), their members of etcd removed with the quorum counted before and after, their hosts reset and their nodes deleted; then load balancers, /etc/hosts and what joining hosts read no longer name them. Refused where the last control plane or the quorum would go. If it is cut off, run the same command again.';
  static override examples = [
    '<%= config.bin %> remove -i hosts.ini w103',
    '<%= config.bin %> remove -i hosts.ini m11 --drain-timeout 600',
    '<%= config.bin %> remove -i hosts.ini m12 --force   # it is off for good',
  ];
  static override strict = false;
  static override args = { node: Args.string({ description: 'nodes, by their names in the inventory', required: true }) };
  static override flags = {
    ...operationFlags,
    force: Flags.boolean({ description: 'also remove hosts that cannot be reached, and pods that no controller makes again' }),
    'drain-timeout': Flags.integer({
      description: 'how long a node may take to drain',
      default: 300,
      min: 1,
      helpValue: 'SECONDS',
    }),
    ...yesFlag,
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Remove);
    const { removeCommand } = await import('../app/day-two/remove/remove.js');
    process.exitCode = await removeCommand({ ...operationOptions(flags), nodes: argv.map(String) });
  }
}
