import { Command, Flags } from '@oclif/core';

export default class Demo extends Command {
  static override summary = 'Start lab machines on this box and build a cluster on them';
  static override description =
    'Needs root on Debian 12. Names the Debian packages that it needs before it installs them. A second run reuses what the first one made.';
  static override flags = {
    masters: Flags.integer({ description: 'number of control planes', default: 3, min: 1 }),
    workers: Flags.integer({ description: 'number of workers', default: 6, min: 0 }),
    source: Flags.option({
      options: ['auto', 'official', 'go', 'debian'] as const,
      description:
        'official downloads, or a bundle from Go modules (newest Kubernetes, Calico, CoreDNS) or from Debian packages (1.20.2)  [default: what the lab has; else the first of them that can be had]',
    })(),
    bundle: Flags.string({ description: 'offline bundle to install from', helpValue: 'PATH', exclusive: ['source'] }),
    plain: Flags.boolean({ description: 'print plain lines even on a terminal' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Demo);
    const { demo } = await import('../app/lab/demo.js');
    process.exitCode = await demo({ ...flags, view: flags.plain ? 'plain' : 'auto' });
  }
}
