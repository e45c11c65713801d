import { Args, Command } from '@oclif/core';

const shell = (nth: string) => Args.string({ description: nth, options: ['bash', 'zsh', 'fish'] as const });

export default class ShellInstall extends Command {
  static override summary = 'Install completion of kubectl, k and short commands for your shell';
  static override description =
    'For the user who runs it: a script in ~/.local/share/kubewright and a marked line in the start-up file (fish: conf.d/kubewright.fish). What exists under one of the names stays yours.';
  static override examples = ['<%= config.bin %> shell install', '<%= config.bin %> shell install bash fish'];
  static override args = {
    shell: shell('the shell (default: that of SHELL)'),
    second: shell('another one'),
    third: shell('another one'),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(ShellInstall);
    const { installShell } = await import('../../app/shell/command.js');
    process.exitCode = installShell([args.shell, args.second, args.third].flatMap((s) => (s === undefined ? [] : [s as 'bash'])));
  }
}
