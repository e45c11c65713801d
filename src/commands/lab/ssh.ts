import { Args, Command } from '@oclif/core';
import { providerFlag } from './flags.js';

export default class LabSsh extends Command {
  static override summary = 'Log in to a lab machine, or run a command on it';
  static override examples = ['<%= config.bin %> lab ssh m11-k8s', '<%= config.bin %> lab ssh m11-k8s -- sudo kubectl get nodes'];
  static override strict = false;
  static override flags = { ...providerFlag };
  static override args = { name: Args.string({ description: 'machine, as named by `lab status`', required: true }) };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(LabSsh);
    const { labSsh } = await import('../../app/lab/lab.js');
    process.exitCode = await labSsh(args.name, argv.slice(1).map(String), flags.provider);
  }
}
