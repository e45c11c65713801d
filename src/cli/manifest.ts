import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Plugin } from '@oclif/core';
import { PACKAGE_ROOT } from '../base/package-root.js';
import { COMMANDS } from './command.js';

// Run by scripts/build.mjs: what --help needs to know of every command, so that it loads none of them.
const plugin = new Plugin({ root: PACKAGE_ROOT, type: 'core', ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
await writeFile(join(PACKAGE_ROOT, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest)}\n`);
for (const [id, command] of Object.entries(plugin.manifest.commands))
  await writeFile(join(PACKAGE_ROOT, COMMANDS, `${id.replaceAll(':', '/')}.json`), `${JSON.stringify(command)}\n`);
