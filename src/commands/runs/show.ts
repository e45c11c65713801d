import { Args, Command, Flags } from '@oclif/core';
import { journalFlags } from '../flags.js';
import { optionsOf } from '../options.js';

export default class RunsShow extends Command {
  static override summary = 'Show what a run did: plays, slowest tasks, changes, failures with their output, and a recap';
  static override examples = [
    '<%= config.bin %> runs show latest',
    '<%= config.bin %> runs show 20261124-103000-a1b2 --failed',
    "<%= config.bin %> runs show latest --host 'w10*' --json",
  ];
  static override args = {
    run: Args.string({ description: 'name of the run, a unique part of it, or latest', default: 'latest' }),
  };
  static override flags = {
    ...journalFlags,
    host: Flags.string({ description: 'only these hosts (comma-separated, * matches any characters)', helpValue: 'HOSTS' }),
    failed: Flags.boolean({ description: 'show only failures' }),
    json: Flags.boolean({ description: 'print JSON' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsShow);
    const { runsShow } = await import('../../app/runs/runs.js');
    process.exitCode = runsShow({ ...optionsOf(flags), run: args.run });
  }
}
