import { Args, Command, Flags } from '@oclif/core';
import { journalFlags } from '../flags.js';
import { optionsOf } from '../options.js';

export default class RunsReport extends Command {
  static override summary = 'Write a report of a run as a single HTML file that needs no network';
  static override description =
    'Shows a timeline of hosts and tasks, where the time went, the critical path, changes, and failures with their output. Prints the path of the file.';
  static override examples = ['<%= config.bin %> runs report latest', '<%= config.bin %> runs report a1b2 -o run.html'];
  static override args = {
    run: Args.string({ description: 'name of the run, a unique part of it, or latest', default: 'latest' }),
  };
  static override flags = {
    ...journalFlags,
    output: Flags.string({
      char: 'o',
      description: "file to write, - for stdout (default: report.html in the run's directory)",
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsReport);
    const { runsReport } = await import('../../app/runs/report.js');
    process.exitCode = runsReport({ ...optionsOf(flags), run: args.run });
  }
}
