import { Args, Command } from '@oclif/core';
import { connectionFlags, inventoryFlags, outputFlags, playFlags } from './flags.js';
import { playOptions } from './options.js';

export default class Run extends Command {
  static override summary = 'Run a playbook of your own on the machines of an inventory';
  static override description =
    'Plays with tasks (run, copy, script) and with roles. Plays that have roles need the groups of a cluster; others take any inventory.';
  static override examples = [
    '<%= config.bin %> run motd.yml -i hosts.ini',
    '<%= config.bin %> run motd.yml -i hosts.ini --check --diff',
    '<%= config.bin %> run motd.yml -i hosts.ini --limit m11-k8s --tags banner',
  ];
  static override args = { playbook: Args.string({ required: true, description: 'playbook (YAML)' }) };
  static override flags = { ...inventoryFlags, ...connectionFlags, ...outputFlags, ...playFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Run);
    const { run } = await import('../app/run/run.js');
    process.exitCode = await run({ ...playOptions(flags), playbook: args.playbook });
  }
}
