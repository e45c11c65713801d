import { Command, Flags } from '@oclif/core';
import { serialOf } from '../app/day-two/upgrade/serial-flag.js';
import { operationFlags, yesFlag } from './flags.js';
import { operationOptions } from './options.js';

export default class Upgrade extends Command {
  static override summary = 'Upgrade Kubernetes, one minor version after the other';
  static override description =
    'Prints the plan, then takes a snapshot of etcd, brings programs and images to all hosts, and upgrades etcd, the control planes, the pod network and the workers: drained first (budgets are respected), one after the other, each Ready before the next. Refused, before anything changes, where a version cannot be reached or the cluster is not well. If it is cut off, run the same command again: what runs decides where it goes on. Ends with what verify does.';
  static override examples = [
    '<%= config.bin %> upgrade -i hosts.ini --check',
    '<%= config.bin %> upgrade -i hosts.ini --to 1.37 --serial 20%',
    '<%= config.bin %> upgrade -i hosts.ini --to 1.37 --bundle kube-1.36 --bundle kube-1.37',
  ];
  static override flags = {
    ...operationFlags,
    to: Flags.string({
      description:
        'a version, or a minor version such as 1.37: its newest patch  [default: kube_version of the inventory where it is newer; else the newest]',
      helpValue: 'VERSION',
    }),
    bundle: Flags.string({
      description: 'offline bundle (directory or tar); one for each version on the way (repeatable)',
      multiple: true,
      multipleNonGreedy: true,
      default: async () => (process.env.KUBEWRIGHT_BUNDLE ? [process.env.KUBEWRIGHT_BUNDLE] : []),
      noCacheDefault: true,
      helpValue: 'PATH',
    }),
    serial: Flags.string({
      description: 'workers at a time: a number, or a part of them such as 20%',
      default: '1',
      parse: serialOf,
      helpValue: 'N|%',
    }),
    'drain-timeout': Flags.integer({
      description: 'how long a node may take to drain',
      default: 300,
      min: 1,
      helpValue: 'SECONDS',
    }),
    check: Flags.boolean({ char: 'C', description: 'print the plan and what speaks against it; change nothing' }),
    ...yesFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Upgrade);
    const { upgradeCommand } = await import('../app/day-two/upgrade/upgrade.js');
    process.exitCode = await upgradeCommand(operationOptions(flags));
  }
}
