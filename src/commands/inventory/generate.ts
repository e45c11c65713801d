import { Command, Flags } from '@oclif/core';
import { NETWORK_PLUGINS } from '../../app/inventory/choices.js';
import { optionsOf } from '../options.js';

export default class InventoryGenerate extends Command {
  static override summary = 'Write an inventory for so many control planes and workers';
  static override description =
    'Prints the file of hosts, or with -o writes it with commented settings beside it: each setting with its default and what it means.';
  static override examples = [
    '<%= config.bin %> inventory generate --masters 3 --workers 6 -o inventories/mine',
    '<%= config.bin %> inventory generate --subnet 10.0.0.0/16 --worker-name "node-{i}" --group-style new --format yaml',
    '<%= config.bin %> inventory generate --interactive',
  ];
  static override flags = {
    masters: Flags.integer({ description: 'control planes', default: 3, min: 1 }),
    workers: Flags.integer({ description: 'workers', default: 6, min: 0 }),
    subnet: Flags.string({ description: 'IPv4 network of the machines', default: '192.168.1.0/24', helpValue: 'NET' }),
    'master-start': Flags.integer({ description: 'number of the first control plane in the subnet', default: 11, min: 1 }),
    'worker-start': Flags.integer({ description: 'number of the first worker in the subnet', default: 101, min: 1 }),
    'master-name': Flags.string({
      description: 'names of control planes; {n} is the number in the subnet, {i} counts from 1',
      default: 'm{n}-k8s',
      helpValue: 'PATTERN',
    }),
    'worker-name': Flags.string({ description: 'names of workers', default: 'w{n}-k8s', helpValue: 'PATTERN' }),
    etcd: Flags.string({
      description: 'masters or workers: on as many of them as make an odd number, 7 at most; N: on the first N machines',
      default: 'masters',
      helpValue: 'masters|workers|N',
    }),
    'group-style': Flags.option({
      options: ['legacy', 'new'] as const,
      description: 'kube-master or kube_control_plane',
      default: 'legacy' as const,
    })(),
    user: Flags.string({ description: 'account to connect as', default: 'vagrant' }),
    become: Flags.boolean({ description: 'use sudo there', default: true, allowNo: true }),
    'kube-version': Flags.string({ description: 'Kubernetes version; without it: the newest', helpValue: 'VERSION' }),
    'network-plugin': Flags.option({
      options: NETWORK_PLUGINS,
      description: 'pod network',
      default: NETWORK_PLUGINS[0],
    })(),
    format: Flags.option({ options: ['ini', 'yaml'] as const, description: 'of the file of hosts', default: 'ini' as const })(),
    output: Flags.string({
      char: 'o',
      description: 'folder to write to; without it the file of hosts is printed',
      helpValue: 'DIR',
    }),
    force: Flags.boolean({ description: 'overwrite what is there' }),
    interactive: Flags.boolean({ description: 'ask for all of this on the terminal' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(InventoryGenerate);
    const { etcdChoice, generateInteractively } = await import('../../app/inventory/interactive.js');
    const { inventoryGenerate } = await import('../../app/inventory/generate.js');
    const options = { ...optionsOf(flags), etcd: etcdChoice(flags.etcd) };
    process.exitCode = await (flags.interactive ? generateInteractively(options) : inventoryGenerate(options));
  }
}
