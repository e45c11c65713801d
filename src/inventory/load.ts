import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { InputError } from '../errors.js';
import { Draft } from './builder.js';
import { readIni } from './ini.js';
import type { Inventory, Variable } from './model.js';
import { assemble } from './resolve.js';
import { VarsFolders } from './vars-folders.js';
import { readYamlInventory } from './yaml-inventory.js';

export interface LoadOptions {
  /** Above everything else. */
  readonly extraVars?: ReadonlyMap<string, Variable>;
}

/** In a folder of inventories these are no inventories. Source: Ansible's INVENTORY_IGNORE_EXTS */
const IGNORED = /(~|\.(orig|bak|ini\.bak|cfg|retry|pyc|pyo|rpmsave|rpmnew|md|rst|swp))$|^\./;
const VARS_FOLDERS = ['group_vars', 'host_vars', 'artifacts'];

/**
 * Reads inventories with their group_vars and host_vars and resolves every variable as Ansible does.
 *
 * @param paths files or folders, later ones win.
 * @throws InputError for what is missing, empty or malformed, with file:line:column.
 */
export async function loadInventory(paths: readonly string[], options: LoadOptions = {}): Promise<Inventory> {
  const draft = new Draft();
  const files = paths.flatMap(inventoryFiles);
  for (const file of files) read(file, draft);
  if (draft.hosts.size === 0) {
    throw new InputError({
      what: 'The inventory has no hosts',
      where: files.join(', ') || paths.join(', '),
      todo: 'List machines under [kube_control_plane] and [kube_node]; `kubewright inventory generate` writes an example',
    });
  }
  const folders = new VarsFolders([...new Set(paths.map((p) => (statSync(p).isDirectory() ? p : dirname(p))))]);
  return assemble(draft, files, folders, options.extraVars ?? new Map());
}

function inventoryFiles(path: string): string[] {
  if (!existsSync(path)) {
    throw new InputError({
      what: 'There is no such inventory',
      where: path,
      todo: 'Check the path after -i; `kubewright inventory generate -o DIR` writes an inventory',
    });
  }
  if (!statSync(path).isDirectory()) return [path];
  const found = readdirSync(path)
    .filter((name) => !IGNORED.test(name) && !VARS_FOLDERS.includes(name))
    .sort()
    .flatMap((name) => inventoryFiles(join(path, name)));
  if (found.length === 0)
    throw new InputError({
      what: 'This folder holds no inventory',
      where: path,
      todo: 'Put a hosts.ini or hosts.yml there, or name the file',
    });
  return found;
}

function read(file: string, draft: Draft): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError({
      what: 'The inventory cannot be read',
      where: file,
      why: cause instanceof Error ? cause.message : undefined,
      todo: 'Check its permissions',
      cause,
    });
  }
  if (['.yml', '.yaml', '.json'].includes(extname(file))) {
    if (text.trim() !== '') readYamlInventory(text, file, draft);
  } else readIni(text, file, draft);
}
