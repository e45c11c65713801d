import { Args, Command, Flags } from '@oclif/core';
import { operationFlags } from './flags.js';
import { operationOptions } from './options.js';

export default class Adopt extends Command {
  static override summary = 'Take over a cluster that kubeadm or kubespray made';
  static override description =
    'Reads what runs on the hosts, prints an inventory of it and what provision would refuse or change. Hosts are those of an inventory, or addresses; name all of them. Without --check the inventory is written to -o DIR, and what runs is noted on the control planes and in the cluster, for later runs to compare with. Nothing that runs is changed. A cluster that provision could not look after is not taken over (exit code 3): one with stacked etcd, or with arguments of the control plane that would be lost.';
  static override examples = [
    '<%= config.bin %> adopt --check root@10.0.0.5-7 root@10.0.1.10',
    '<%= config.bin %> adopt --check -i inventory/mycluster/hosts.yml   # of kubespray: compared as it is',
    '<%= config.bin %> adopt ubuntu@10.0.0.5 ubuntu@10.0.0.6 -o inventories/mine',
  ];
  static override strict = false;
  static override args = {
    hosts: Args.string({
      description: 'addresses, ranges or names of all hosts, with user and port: 10.0.0.5-7 ubuntu@cp4:2222',
    }),
  };
  static override flags = {
    ...operationFlags,
    output: Flags.string({ char: 'o', description: 'directory to write the inventory to', helpValue: 'DIR' }),
    force: Flags.boolean({ description: 'overwrite an inventory that is there' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Adopt);
    const { adoptCommand } = await import('../app/day-two/adopt/adopt.js');
    process.exitCode = await adoptCommand({ ...operationOptions(flags), addresses: argv.map(String) });
  }
}
