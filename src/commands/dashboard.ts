import { Command, Flags } from '@oclif/core';
import { clusterFlags, connectionFlags } from './flags.js';
import { optionsOf } from './options.js';

export default class Dashboard extends Command {
  static override summary = 'Open the dashboard of a cluster through SSH, with a token of one hour';
  static override description =
    'Opens Headlamp (headlamp_enabled: true installs it) on a port that only this machine reaches, and the browser where there is one. The token is shown on the terminal and is never written anywhere; Ctrl-C closes the tunnel and makes the token void. It may look at everything but secrets; with --admin it may change and delete everything.';
  static override examples = [
    '<%= config.bin %> dashboard -i hosts.ini',
    '<%= config.bin %> dashboard -i hosts.ini --admin --ttl 30m',
    '<%= config.bin %> dashboard -i hosts.ini --port 8001 --no-open',
  ];
  static override flags = {
    ...clusterFlags,
    ...connectionFlags,
    admin: Flags.boolean({ description: 'a token that may change and delete everything' }),
    ttl: Flags.string({ description: 'how long the token is valid, 10m at least', default: '1h', helpValue: 'TIME' }),
    port: Flags.integer({ char: 'p', description: 'port on this machine (default: any that is free)', min: 1, max: 65535 }),
    open: Flags.boolean({ description: 'open the browser', default: true, allowNo: true }),
    print: Flags.boolean({ description: 'print URL and token on stdout, and open no browser' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Dashboard);
    const { dashboard } = await import('../app/dashboard/dashboard.js');
    process.exitCode = await dashboard(optionsOf(flags));
  }
}
