import { Command, Flags } from '@oclif/core';

export default class Versions extends Command {
  static override summary = 'List the Kubernetes versions that can be installed, with what comes with each';
  static override examples = ['<%= config.bin %> versions', '<%= config.bin %> versions --all --json'];
  static override flags = {
    all: Flags.boolean({ char: 'a', description: 'every patch, not only the newest of each minor' }),
    json: Flags.boolean({ description: 'print JSON' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Versions);
    const { versions } = await import('../app/versions/versions.js');
    process.exitCode = versions(flags);
  }
}
