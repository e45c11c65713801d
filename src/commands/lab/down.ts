import { Command, Flags } from '@oclif/core';
import { providerFlag } from './flags.js';

export default class LabDown extends Command {
  static override summary = 'Stop the lab machines; those on this box are removed with everything that belongs to them';
  static override flags = {
    ...providerFlag,
    yes: Flags.boolean({ char: 'y', description: 'remove them without a question on a terminal' }),
    destroy: Flags.boolean({ description: 'also remove virtual machines, with their disks and the inventory' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LabDown);
    const { labDown } = await import('../../app/lab/lab.js');
    process.exitCode = await labDown(flags);
  }
}
