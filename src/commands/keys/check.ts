import { Command } from '@oclif/core';
import { connectionFlags, inventoryFlags } from '../flags.js';

export default class KeysCheck extends Command {
  static override summary = 'Let every machine log in to every other, and say where that fails';
  static override flags = { ...inventoryFlags, ...connectionFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(KeysCheck);
    const { runKeysCheck } = await import('../../app/keys.js');
    process.exitCode = await runKeysCheck({
      inventory: flags.inventory ?? [],
      extraVars: flags['extra-vars'],
      limit: flags.limit,
      connection: flags,
    });
  }
}
