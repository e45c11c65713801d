import { Command } from '@oclif/core';

export default class LabDown extends Command {
  static override summary = 'Stop the lab machines and remove everything that belongs to them';

  async run(): Promise<void> {
    await this.parse(LabDown);
    const { labDown } = await import('../../app/lab.js');
    process.exitCode = await labDown();
  }
}
