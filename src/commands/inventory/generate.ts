import { Args, Command, Flags } from '@oclif/core';
import { NETWORK_PLUGINS } from '../../app/inventory/choices.js';
import { optionsOf } from '../options.js';

export default class InventoryGenerate extends Command {
  static override summary = 'Generate an inventory: of your hosts, or of a lab';
  static override description =
    "Of the addresses or names of your hosts, or of numbers of hosts in a subnet, in the layout of the book's lab. Prints the hosts file; with -o, writes it to a directory together with commented settings: each one with its default and what it does. Without arguments on a terminal it asks.";
  static override examples = [
    '<%= config.bin %> inventory generate 10.0.0.5-7 --workers 10.0.1.10,10.0.1.11 -o inventories/mine',
    '<%= config.bin %> inventory generate ubuntu@cp1.example.org --workers ubuntu@10.0.1.10:2222,db1=10.0.1.11',
    '<%= config.bin %> inventory generate --masters 3 --workers 6 --like book -o inventories/lab9',
    '<%= config.bin %> inventory generate --subnet 10.0.0.0/16 --worker-name "node-{i}" --group-style new --format yaml',
    '<%= config.bin %> inventory generate --interactive',
  ];
  static override args = {
    hosts: Args.string({
      description: 'control planes: addresses, ranges or names, with user, name and port: 10.0.0.5-7,ubuntu@cp4=10.0.0.9:2222',
    }),
  };
  static override flags = {
    workers: Flags.string({
      description: 'workers: addresses like those of the control planes, or their number (default 6)',
      helpValue: 'HOSTS|N',
    }),
    masters: Flags.integer({ description: 'number of control planes (default 3)', min: 1 }),
    like: Flags.option({
      options: ['book'] as const,
      description: "the layout of the book's lab: its names, groups and user (default where only numbers are given)",
    })(),
    subnet: Flags.string({ description: 'IPv4 network of the hosts (default 192.168.1.0/24)', helpValue: 'NET' }),
    'master-start': Flags.integer({ description: 'host number of the first control plane in the subnet (default 11)', min: 1 }),
    'worker-start': Flags.integer({ description: 'host number of the first worker in the subnet (default 101)', min: 1 }),
    'master-name': Flags.string({
      description: 'names of the control planes; {n} is the host number in the subnet, {i} counts from 1',
      helpValue: 'PATTERN',
    }),
    'worker-name': Flags.string({ description: 'names of the workers', helpValue: 'PATTERN' }),
    etcd: Flags.string({
      description: 'where etcd runs: masters or workers (an odd number of them, up to 7), or N for the first N hosts',
      default: 'masters',
      helpValue: 'masters|workers|N',
    }),
    'group-style': Flags.option({
      options: ['legacy', 'new'] as const,
      description: 'names of the groups: kube_control_plane (new; default for addresses) or kube-master (legacy)',
    })(),
    user: Flags.string({ description: 'user to log in as (default for addresses: none)' }),
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
    interactive: Flags.boolean({ description: 'ask on the terminal for everything that numbers of hosts need' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(InventoryGenerate);
    const { generate } = await import('../../app/inventory/generate/command.js');
    const asks = this.argv.length === 0 && process.stdin.isTTY && process.stdout.isTTY;
    process.exitCode = await generate({ ...optionsOf(flags), hosts: args.hosts, asks });
  }
}
