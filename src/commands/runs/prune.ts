import { Command, Flags } from '@oclif/core';
import { journalFlags } from '../flags.js';
import { optionsOf } from '../options.js';

export default class RunsPrune extends Command {
  static override summary = 'Remove the journals of old runs';
  static override description = 'Keeps runs that are still in progress, however old they are.';
  static override examples = ['<%= config.bin %> runs prune --keep 50', '<%= config.bin %> runs prune --keep 10 --dry-run'];
  static override flags = {
    ...journalFlags,
    keep: Flags.integer({ description: 'number of the newest runs to keep', min: 0, required: true }),
    'dry-run': Flags.boolean({ description: 'report what would be removed; nothing is removed' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(RunsPrune);
    const { runsPrune } = await import('../../app/runs/runs.js');
    process.exitCode = runsPrune(optionsOf(flags));
  }
}
