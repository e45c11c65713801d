import { Args, Command, Flags } from '@oclif/core';

export default class BundleShow extends Command {
  static override summary = 'List the contents of an offline bundle';
  static override args = { bundle: Args.string({ description: 'directory or tar of the bundle', required: true }) };
  static override flags = { json: Flags.boolean({ description: 'print the index as a single JSON document' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(BundleShow);
    const { bundleShow } = await import('../../app/lab/bundle.js');
    process.exitCode = await bundleShow(args.bundle, flags.json);
  }
}
