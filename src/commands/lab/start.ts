import { Args, Command } from '@oclif/core';

export default class LabStart extends Command {
  static override summary = 'Power a lab machine on again, with its disk as it was';
  static override args = { name: Args.string({ description: 'machine, as `lab status` names it', required: true }) };

  async run(): Promise<void> {
    const { args } = await this.parse(LabStart);
    const { labStart } = await import('../../app/lab.js');
    process.exitCode = await labStart(args.name);
  }
}
