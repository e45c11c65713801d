import { Args, Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags, journalFlags, outputFlags } from '../flags.js';
import { optionsOf, viewOf } from '../options.js';

export default class RunsAttach extends Command {
  static override summary = 'Follow the tasks of a run, even if its terminal or controller is gone';
  static override description =
    'While the run has its own controller, this only watches. If the controller died, this takes its place until the tasks of the current play have ended; run the original command again to continue from there.';
  static override examples = [
    '<%= config.bin %> runs attach latest',
    '<%= config.bin %> runs attach 20261124-103000-a1b2 -i hosts.ini',
  ];
  static override args = {
    run: Args.string({ description: 'name of the run (or part of it, or latest, if its journal is here)', default: 'latest' }),
  };
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    ...outputFlags,
    ...journalFlags,
    bundle: Flags.string({
      description: 'offline bundle (directory or tar) that the run installs from',
      helpValue: 'PATH',
      env: 'KUBEWRIGHT_BUNDLE',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsAttach);
    const { attach } = await import('../../app/run/attach.js');
    process.exitCode = await attach({ ...optionsOf(flags), run: args.run, view: viewOf(flags), verbosity: flags.verbose });
  }
}
