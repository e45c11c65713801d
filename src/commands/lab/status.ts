import { Command, Flags } from '@oclif/core';
import { providerFlag } from './flags.js';

export default class LabStatus extends Command {
  static override summary = 'Show the lab machines';
  static override flags = {
    ...providerFlag,
    json: Flags.boolean({ description: 'print the state as a single JSON document' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LabStatus);
    const { labStatus } = await import('../../app/lab/lab.js');
    process.exitCode = await labStatus(flags.provider, flags.json);
  }
}
