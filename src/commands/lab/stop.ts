import { Args, Command } from '@oclif/core';

export default class LabStop extends Command {
  static override summary = 'Power a lab machine off';
  static override args = { name: Args.string({ description: 'machine, as `lab status` names it', required: true }) };

  async run(): Promise<void> {
    const { args } = await this.parse(LabStop);
    const { labStop } = await import('../../app/lab.js');
    process.exitCode = await labStop(args.name);
  }
}
