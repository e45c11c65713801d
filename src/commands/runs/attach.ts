import { Args, Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags, journalFlags, outputFlags } from '../flags.js';
import { optionsOf, viewOf } from '../options.js';

export default class RunsAttach extends Command {
  static override summary = 'Follow what a run has at work on the machines, also when its own terminal or machine is gone';
  static override description =
    'While the run is steered by its own process, this only watches. When that is gone, this takes its place until the programs of the present play have ended; the same command again goes on from there.';
  static override examples = [
    '<%= config.bin %> runs attach latest',
    '<%= config.bin %> runs attach 20261124-103000-a1b2 -i hosts.ini',
  ];
  static override args = {
    run: Args.string({ description: 'name of the run (a part of it, or latest, where its journal is here)', default: 'latest' }),
  };
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    ...outputFlags,
    ...journalFlags,
    bundle: Flags.string({
      description: 'offline bundle (folder or tar) that the run installs from',
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
