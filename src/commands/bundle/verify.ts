import { Args, Command } from '@oclif/core';

export default class BundleVerify extends Command {
  static override summary = 'Check every file of an offline bundle against its checksum';
  static override args = { bundle: Args.string({ description: 'directory or tar of the bundle', required: true }) };

  async run(): Promise<void> {
    const { args } = await this.parse(BundleVerify);
    const { bundleVerify } = await import('../../app/lab/bundle.js');
    process.exitCode = await bundleVerify(args.bundle);
  }
}
