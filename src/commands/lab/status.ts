import { Command } from '@oclif/core';

export default class LabStatus extends Command {
  static override summary = 'Show the lab machines';

  async run(): Promise<void> {
    await this.parse(LabStatus);
    const { labStatus } = await import('../../app/lab.js');
    process.exitCode = await labStatus();
  }
}
