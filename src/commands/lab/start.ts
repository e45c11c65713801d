import { Args, Command } from '@oclif/core';
import { providerFlag } from './flags.js';

export default class LabStart extends Command {
  static override summary = 'Power a lab machine on again, with its disk as it was';
  static override flags = { ...providerFlag };
  static override args = { name: Args.string({ description: 'machine, as named by `lab status`', required: true }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LabStart);
    const { labStart } = await import('../../app/lab/lab.js');
    process.exitCode = await labStart(args.name, flags.provider);
  }
}
