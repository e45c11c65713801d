import { Args, Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags } from './flags.js';
import { optionsOf } from './options.js';

export default class Exec extends Command {
  static override summary = 'Run a command on many hosts at once';
  static override description =
    'Prints output line by line, each prefixed with the host. A single word after -- is a command line for the shell of the host; several words are passed as they are. Runs as the login user, or as root with --become. Exit code 1 if the command failed on a host, 3 if a host could not be reached (the command still runs on the others), 130 if interrupted, 141 if the reader of the output is gone (| head).';
  static override examples = [
    '<%= config.bin %> exec all -i hosts.ini -- uptime',
    '<%= config.bin %> exec kube_node -i hosts.ini --become -- systemctl is-active containerd',
    `<%= config.bin %> exec 'all:!etcd' -i hosts.ini --json -- 'df -h / | tail -1'`,
    '<%= config.bin %> exec all -i hosts.ini --stdin < script.sh',
  ];
  static override strict = false;
  static override args = { pattern: Args.string({ description: 'hosts and groups, as in a play', required: true }) };
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    json: Flags.boolean({ description: 'print one JSON object per host' }),
    timeout: Flags.integer({ description: 'seconds after which the command is killed', min: 1 }),
    stdin: Flags.boolean({ description: 'send stdin to the command on every host; without a command, run it as a script' }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(Exec);
    const { runExec } = await import('../app/exec/exec.js');
    process.exitCode = await runExec({
      ...optionsOf(flags),
      pattern: args.pattern,
      command: argv.slice(1).map(String),
      timeoutSec: flags.timeout,
    });
  }
}
