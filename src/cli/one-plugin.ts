import type { Command, Interfaces } from '@oclif/core';
import { PACKAGE_ROOT } from '../base/package-root.js';
import { packageJson } from './command.js';

/**
 * The package as an oclif plugin with a single command. Loading all commands, sorting them and looking for plugins takes oclif
 * longer than most commands do.
 */
export async function onePlugin(command: Command.Cached): Promise<Interfaces.Plugin> {
  const { id } = command;
  const pjson: Interfaces.PJSON = await packageJson('package.json');
  const load = async (): Promise<Command.Class> => {
    const file = new URL(`../commands/${id.replaceAll(':', '/')}.js`, import.meta.url);
    const { default: found }: { default: Command.Class } = await import(file.href);
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
    commands: [{ ...command, load }],
    findCommand: load,
    load: async () => {},
  };
  return plugin;
}
