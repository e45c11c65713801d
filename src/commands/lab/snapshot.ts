import { Args, Command } from '@oclif/core';
import { providerFlag } from './flags.js';

export default class LabSnapshot extends Command {
  static override summary = 'Save, restore, delete or list snapshots of all lab machines';
  static override description =
    'All machines at the same moment, with whatever runs on them. Machines on this box are shut down to save and boot again; image layers are shared, not copied. remove is another word for delete.';
  static override examples = [
    '<%= config.bin %> lab snapshot save fresh',
    '<%= config.bin %> lab snapshot restore fresh',
    '<%= config.bin %> lab snapshot list',
  ];
  static override flags = { ...providerFlag };
  static override args = {
    action: Args.string({ description: 'what to do', options: ['save', 'restore', 'delete', 'remove', 'list'], required: true }),
    name: Args.string({ description: 'name of the snapshot (not for list)' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LabSnapshot);
    const { labSnapshot } = await import('../../app/lab/lab.js');
    process.exitCode = await labSnapshot(args.action, args.name, flags.provider);
  }
}
