import { Args, Command, Flags } from '@oclif/core';
import { connectionFlags, inventoryFlags } from './flags.js';
import { optionsOf } from './options.js';

export default class Exec extends Command {
  static override summary = 'Run a command on many machines at once';
  static override description =
    'Output comes line by line with the machine in front. One word after -- is a command line for the shell there; several words stay words. Exit code 1 when the command failed on a machine, 3 when some machines could not be reached (the others are done all the same), 130 when it was interrupted, 141 when nobody reads the output any more (| head). It runs as the account that logs in, or as root with --become.';
  static override examples = [
    '<%= config.bin %> exec all -i hosts.ini -- uptime',
    '<%= config.bin %> exec kube_node -i hosts.ini --become -- systemctl is-active containerd',
    `<%= config.bin %> exec 'all:!etcd' -i hosts.ini --json -- 'df -h / | tail -1'`,
    '<%= config.bin %> exec all -i hosts.ini --stdin < script.sh',
  ];
  static override strict = false;
  static override args = { pattern: Args.string({ description: 'machines and groups, as in a play', required: true }) };
  static override flags = {
    ...inventoryFlags,
    ...connectionFlags,
    json: Flags.boolean({ description: 'print one JSON object a machine' }),
    timeout: Flags.integer({ description: 'seconds until a command is ended', min: 1 }),
    stdin: Flags.boolean({ description: 'give our stdin to the command on every machine; without a command it is a script' }),
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
