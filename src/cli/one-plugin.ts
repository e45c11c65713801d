import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command, Interfaces } from '@oclif/core';
import { PACKAGE_ROOT } from '../base/package-root.js';

/**
 * Ourselves with the one command that a line names; undefined: it names none, or asks for help. Loading all commands, sorting
 * them and looking for plugins takes oclif longer than most commands do.
 */
export async function onePlugin(argv: readonly string[]): Promise<Interfaces.Plugin | undefined> {
  if (argv.includes('--help') || argv.includes('-h')) return undefined;
  const manifest: { readonly commands: Record<string, Command.Cached> } = await json('oclif.manifest.json');
  const id = [argv.slice(0, 2).join(':'), argv[0] ?? ''].find((name) => Object.hasOwn(manifest.commands, name));
  const cached = id === undefined ? undefined : manifest.commands[id];
  if (id === undefined || cached === undefined) return undefined;
  const pjson: Interfaces.PJSON = await json('package.json');
  const load = async (): Promise<Command.Class> => {
    const commands: Record<string, Command.Class> = (await import('../commands/index.js')).COMMANDS;
    const found = commands[id];
    if (!found) throw new Error(`${id} is in the manifest and not among the commands`);
    found.id = id;
    found.plugin = plugin;
    return found;
  };
  const plugin: Interfaces.Plugin = {
    _base: '',
    alias: pjson.name,
    name: pjson.name,
    version: pjson.version,
    pjson,
    root: PACKAGE_ROOT,
    options: { root: PACKAGE_ROOT },
    type: 'core',
    moduleType: 'module',
    isRoot: true,
    valid: true,
    hasManifest: true,
    hooks: {},
    topics: [],
    commandsDir: undefined,
    commandIDs: [id],
    commands: [{ ...cached, load }],
    findCommand: load,
    load: async () => {},
  };
  return plugin;
}

async function json<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(PACKAGE_ROOT, name), 'utf8')) as T;
}
