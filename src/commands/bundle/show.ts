import { Args, Command } from '@oclif/core';

export default class BundleShow extends Command {
  static override summary = 'List the contents of an offline bundle';
  static override args = { bundle: Args.string({ description: 'directory or tar of the bundle', required: true }) };

  async run(): Promise<void> {
    const { args } = await this.parse(BundleShow);
    const { bundleShow } = await import('../../app/lab/bundle.js');
    process.exitCode = await bundleShow(args.bundle);
  }
}
