import { Command, Flags } from '@oclif/core';

export default class BundleBuild extends Command {
  static override summary = 'Build an offline bundle of Kubernetes 1.20.2 from Debian packages';
  static override description =
    'Needs root on Debian 12 and a Debian mirror. The first build takes about ten minutes; later ones reuse what is there.';
  static override flags = {
    output: Flags.string({ char: 'o', description: 'directory to write the bundle to', helpValue: 'DIR' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(BundleBuild);
    const { bundleBuild } = await import('../../app/lab/bundle.js');
    process.exitCode = await bundleBuild(flags.output);
  }
}
