import { Args, Command, Flags } from '@oclif/core';
import { optionsOf } from './options.js';

export default class Settings extends Command {
  static override summary = 'List the settings of a cluster, with defaults and meaning';
  static override description =
    'With a name, or a part of one, shows those alone. They are set in group_vars, host_vars or with -e.';
  static override examples = [
    '<%= config.bin %> settings',
    '<%= config.bin %> settings kube_network_plugin',
    '<%= config.bin %> settings etcd_',
  ];
  static override args = { name: Args.string({ description: 'setting, or a part of its name' }) };
  static override flags = { json: Flags.boolean({ description: 'print JSON' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Settings);
    const { settings } = await import('../app/settings/settings.js');
    process.exitCode = settings({ ...optionsOf(flags), name: args.name });
  }
}
