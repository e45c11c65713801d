import { flush } from '@oclif/core/flush';
import { run } from '@oclif/core/run';
import { PACKAGE_ROOT } from '../app/package-root.js';

/** Finds the command that a line names, and runs it. Beside main.ts, so that --version starts without it. */
export async function dispatch(argv: string[]): Promise<void> {
  await run(argv, { root: PACKAGE_ROOT });
  await flush();
}
