import { Command } from '@oclif/core';
import { inventoryFlags, operationFlags, yesFlag } from './flags.js';
import { operationOptions } from './options.js';

export default class Reset extends Command {
  static override summary = 'Take Kubernetes and all that belongs to it off the hosts again';
  static override description =
    'Everything that provision, kubeadm and the pod network have installed goes: pods, images, data of etcd, interfaces, firewall rules, binaries, files. Other firewall rules, containers in other namespaces of containerd, files and keys of users, packages and snapshots of etcd stay. Hosts that are still part of a cluster which the other hosts run are refused.';
  static override examples = [
    '<%= config.bin %> reset -i hosts.ini --check',
    '<%= config.bin %> reset -i hosts.ini --limit w103 --yes',
  ];
  static override flags = { ...operationFlags, limit: inventoryFlags.limit, ...yesFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(Reset);
    const { resetCommand } = await import('../app/day-two/reset/reset.js');
    process.exitCode = await resetCommand(operationOptions(flags));
  }
}
