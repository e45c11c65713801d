import { Args, Command } from '@oclif/core';
import { providerFlag } from './flags.js';

export default class LabStop extends Command {
  static override summary = 'Power a lab machine off';
  static override flags = { ...providerFlag };
  static override args = { name: Args.string({ description: 'machine, as named by `lab status`', required: true }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LabStop);
    const { labStop } = await import('../../app/lab/lab.js');
    process.exitCode = await labStop(args.name, flags.provider);
  }
}
