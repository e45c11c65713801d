import { Command, Flags } from '@oclif/core';
import { journalFlags } from '../flags.js';
import { optionsOf } from '../options.js';

export default class RunsList extends Command {
  static override summary = 'List past runs';
  static override examples = ['<%= config.bin %> runs list', '<%= config.bin %> runs list --last 5 --reverse'];
  static override flags = {
    ...journalFlags,
    last: Flags.integer({ char: 'n', description: 'show only the newest N runs', min: 1, helpValue: 'N' }),
    reverse: Flags.boolean({ char: 'r', description: 'newest first' }),
    json: Flags.boolean({ description: 'print JSON' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(RunsList);
    const { runsList } = await import('../../app/runs/runs.js');
    process.exitCode = runsList(optionsOf(flags));
  }
}
