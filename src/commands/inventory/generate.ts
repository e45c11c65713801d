import { Command, Flags } from '@oclif/core';
import { NETWORK_PLUGINS } from '../../app/inventory/choices.js';
import { optionsOf } from '../options.js';

export default class InventoryGenerate extends Command {
  static override summary = 'Generate an inventory';
  static override description =
    'Prints the hosts file. With -o, writes it to a directory together with commented settings: each one with its default and what it does.';
  static override examples = [
    '<%= config.bin %> inventory generate --masters 3 --workers 6 -o inventories/mine',
    '<%= config.bin %> inventory generate --subnet 10.0.0.0/16 --worker-name "node-{i}" --group-style new --format yaml',
    '<%= config.bin %> inventory generate --interactive',
  ];
  static override flags = {
    masters: Flags.integer({ description: 'number of control planes', default: 3, min: 1 }),
    workers: Flags.integer({ description: 'number of workers', default: 6, min: 0 }),
    subnet: Flags.string({ description: 'IPv4 network of the hosts', default: '192.168.1.0/24', helpValue: 'NET' }),
    'master-start': Flags.integer({ description: 'host number of the first control plane in the subnet', default: 11, min: 1 }),
    'worker-start': Flags.integer({ description: 'host number of the first worker in the subnet', default: 101, min: 1 }),
    'master-name': Flags.string({
      description: 'names of the control planes; {n} is the host number in the subnet, {i} counts from 1',
      default: 'm{n}-k8s',
      helpValue: 'PATTERN',
    }),
    'worker-name': Flags.string({ description: 'names of the workers', default: 'w{n}-k8s', helpValue: 'PATTERN' }),
    etcd: Flags.string({
      description: 'where etcd runs: masters or workers (an odd number of them, up to 7), or N for the first N hosts',
      default: 'masters',
      helpValue: 'masters|workers|N',
    }),
    'group-style': Flags.option({
      options: ['legacy', 'new'] as const,
      description: 'names of the groups: kube-master (legacy) or kube_control_plane (new)',
      default: 'legacy' as const,
    })(),
    user: Flags.string({ description: 'user to log in as', default: 'vagrant' }),
    become: Flags.boolean({ description: 'use sudo on the hosts', default: true, allowNo: true }),
    'kube-version': Flags.string({ description: 'Kubernetes version (default: the newest)', helpValue: 'VERSION' }),
    'network-plugin': Flags.option({
      options: NETWORK_PLUGINS,
      description: 'pod network',
      default: NETWORK_PLUGINS[0],
    })(),
    format: Flags.option({
      options: ['ini', 'yaml'] as const,
      description: 'format of the hosts file',
      default: 'ini' as const,
    })(),
    output: Flags.string({
      char: 'o',
      description: 'directory to write to; without it, the hosts file is printed',
      helpValue: 'DIR',
    }),
    force: Flags.boolean({ description: 'overwrite existing files' }),
    interactive: Flags.boolean({ description: 'ask for all of this in the terminal' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(InventoryGenerate);
    const { etcdChoice, generateInteractively } = await import('../../app/inventory/interactive.js');
    const { inventoryGenerate } = await import('../../app/inventory/generate.js');
    const options = { ...optionsOf(flags), etcd: etcdChoice(flags.etcd) };
    process.exitCode = await (flags.interactive ? generateInteractively(options) : inventoryGenerate(options));
  }
}
