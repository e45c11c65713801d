import { Args, Command, Flags } from '@oclif/core';

export default class Completion extends Command {
  static override summary = 'Print the completion for bash, zsh or fish';
  static override description =
    'Completes commands, flags, files, hosts, groups, tags, runs, settings and versions. Put the line of your shell into its start-up file.';
  static override examples = [
    '# ~/.bashrc\nsource <(<%= config.bin %> completion bash)',
    '# ~/.zshrc\nsource <(<%= config.bin %> completion zsh)',
    '# ~/.config/fish/config.fish\n<%= config.bin %> completion fish | source',
  ];
  static override strict = false;
  static override args = {
    shell: Args.string({ description: 'the shell (default: that of SHELL)', options: ['bash', 'zsh', 'fish'] as const }),
  };
  static override flags = { query: Flags.boolean({ hidden: true, description: 'answer a completion script' }) };

  async run(): Promise<void> {
    const { answerCompletion, printCompletion } = await import('../app/completion/command.js');
    const end = this.argv.indexOf('--');
    if (this.argv[0] === '--query' && end === 1) {
      // These are words of another command line: parsed, they would be refused.
      this.parsed = true;
      process.exitCode = await answerCompletion(this.argv.slice(2));
      return;
    }
    const { args } = await this.parse(Completion);
    process.exitCode = printCompletion(args.shell as 'bash' | 'zsh' | 'fish' | undefined);
  }
}
