import { flush } from '@oclif/core/flush';
import { run } from '@oclif/core/run';
import { PACKAGE_ROOT } from '../base/package-root.js';
import { onePlugin } from './one-plugin.js';
import { spellVerbose } from './verbose.js';

/** Finds the command that a line names, and runs it. Beside main.ts, so that --version starts without it. */
export async function dispatch(line: string[]): Promise<void> {
  const argv = spellVerbose(line);
  const plugin = await onePlugin(argv);
  await run(argv, { root: PACKAGE_ROOT, ...(plugin && { plugins: new Map([[plugin.name, plugin]]) }) });
  await flush();
}
