import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import { PACKAGE_ROOT } from '../base/package-root.js';

/** The command that a line names, as the manifest describes it; undefined: it names none. Loads no command. */
export async function commandOf(argv: readonly string[]): Promise<Command.Cached | undefined> {
  if ((argv[0] ?? '-').startsWith('-')) return undefined;
  const { commands }: { readonly commands: Record<string, Command.Cached> } = await packageJson('oclif.manifest.json');
  const id = [argv.slice(0, 2).join(':'), argv[0] ?? ''].find((name) => Object.hasOwn(commands, name));
  return id === undefined ? undefined : commands[id];
}

/** A JSON file of the package. */
export async function packageJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(PACKAGE_ROOT, name), 'utf8')) as T;
}
