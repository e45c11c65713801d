import { Command, Flags } from '@oclif/core';

export default class Demo extends Command {
  static override summary = 'Bring up lab machines on this box and make a cluster of them';
  static override description =
    'Needs root on Debian 12. Installs the Debian packages it needs, and names them first. Running it again uses what is there.';
  static override flags = {
    masters: Flags.integer({ description: 'control planes', default: 3, min: 1 }),
    workers: Flags.integer({ description: 'workers', default: 6, min: 0 }),
    source: Flags.option({
      options: ['auto', 'official', 'debian'] as const,
      description: 'official downloads, or a bundle built from Debian packages; auto looks whether the release servers answer',
      default: 'auto' as const,
    })(),
    plain: Flags.boolean({ description: 'print plain lines, also on a terminal' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Demo);
    const { demo } = await import('../app/lab/demo.js');
    process.exitCode = await demo({ ...flags, view: flags.plain ? 'plain' : 'auto' });
  }
}
