import { Command } from '@oclif/core';

export default class ShellUninstall extends Command {
  static override summary = 'Remove what shell install installed, from all shells';
  static override description = 'Start-up files are byte for byte what they were before.';
  static override examples = ['<%= config.bin %> shell uninstall'];

  async run(): Promise<void> {
    await this.parse(ShellUninstall);
    const { uninstallShell } = await import('../../app/shell/command.js');
    process.exitCode = uninstallShell();
  }
}
