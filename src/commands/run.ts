import { Args, Command } from '@oclif/core';
import { connectionFlags, inventoryFlags, outputFlags, playFlags } from './flags.js';
import { playOptions } from './options.js';

export default class Run extends Command {
  static override summary = 'Run your own playbook on the hosts of an inventory';
  static override description =
    'Plays have tasks (run, copy, script) and roles. Plays with roles need an inventory with the groups of a cluster; others work with any inventory.';
  static override examples = [
    '<%= config.bin %> run motd.yml -i hosts.ini',
    '<%= config.bin %> run motd.yml -i hosts.ini --check --diff',
    '<%= config.bin %> run motd.yml -i hosts.ini --limit m11-k8s --tags banner',
  ];
  static override args = { playbook: Args.string({ required: true, description: 'playbook to run (YAML)' }) };
  static override flags = { ...inventoryFlags, ...connectionFlags, ...outputFlags, ...playFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Run);
    const { run } = await import('../app/run/run.js');
    process.exitCode = await run({ ...playOptions(flags), playbook: args.playbook });
  }
}
