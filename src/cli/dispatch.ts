import { Config } from '@oclif/core/config';
import { flush } from '@oclif/core/flush';
import { run } from '@oclif/core/run';
import { PACKAGE_ROOT } from '../base/package-root.js';
import { noteCall, toolName } from '../base/text/tool-name.js';
import { commandOf } from './command.js';
import { GroupedHelp } from './help.js';
import { onePlugin } from './one-plugin.js';
import { spellVerbose } from './verbose.js';

/** Finds the command that a line names, and runs it or shows its help. Beside main.ts, so that --version starts without it. */
export async function dispatch(argv: string[]): Promise<void> {
  noteCall(process.argv[1], process.env, process.cwd());
  const command = await commandOf(argv);
  const plugin = command && (await onePlugin(command));
  const options = { root: PACKAGE_ROOT, ...(plugin && { plugins: new Map([[plugin.name, plugin]]) }) };
  const config = await Config.load(options);
  // In examples and usage lines.
  config.bin = toolName();
  if (asksForHelp(argv)) await new GroupedHelp(config).showHelp(argv);
  else if (command) await config.runCommand(command.id, spellVerbose(argv, command).slice(command.id.split(':').length));
  // Topics, and words that name no command.
  else await run(argv, config);
  await flush();
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const words = argv.slice(0, end === -1 ? argv.length : end);
  return argv.length === 0 || words.includes('--help') || words.includes('-h');
}
