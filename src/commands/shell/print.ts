import { Args, Command } from '@oclif/core';

export default class ShellPrint extends Command {
  static override summary = 'Print what shell install installs';
  static override description = 'For a start-up file of your own making, or to try it in the shell that runs.';
  static override examples = [
    'source <(<%= config.bin %> shell print bash)',
    'source <(<%= config.bin %> shell print zsh)',
    '<%= config.bin %> shell print fish | source',
  ];
  static override args = {
    shell: Args.string({ description: 'the shell (default: that of SHELL)', options: ['bash', 'zsh', 'fish'] as const }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(ShellPrint);
    const { printShell } = await import('../../app/shell/command.js');
    process.exitCode = printShell(args.shell as 'bash' | 'zsh' | 'fish' | undefined);
  }
}
