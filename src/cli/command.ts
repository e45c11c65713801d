import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import { hasCode } from '../base/io-error.js';
import { PACKAGE_ROOT } from '../base/package-root.js';

/** Directory in the package with a file per command: `provision.json`, `keys/check.json`. */
export const COMMANDS = 'dist/commands';

/**
 * The command that a line names, as the manifest describes it; undefined: it names none. Loads no command.
 *
 * The build puts what the manifest says of a command into a file of its own: reading all of it at every start takes longer.
 */
export async function commandOf(argv: readonly string[]): Promise<Command.Cached | undefined> {
  const words = argv.slice(0, 2);
  const end = words.findIndex((word) => !/^[a-z][a-z0-9-]*$/.test(word));
  for (let n = end === -1 ? words.length : end; n > 0; n--) {
    try {
      return await packageJson(`${COMMANDS}/${words.slice(0, n).join('/')}.json`);
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
  }
  return undefined;
}

/** A JSON file of the package. */
export async function packageJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(PACKAGE_ROOT, name), 'utf8')) as T;
}
