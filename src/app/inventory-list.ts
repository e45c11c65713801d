import { InputError } from '../errors.js';
import { graphText, hostText, listText } from '../inventory/listing.js';
import type { Inventory, WrittenInventory } from '../inventory/model.js';
import { nearestName } from '../inventory/nearest.js';
import { resolvePattern } from '../inventory/pattern.js';
import { type InventoryOptions, readInventory } from './read-inventory.js';

export interface ListOptions extends InventoryOptions {
  /** Only this host's variables. */
  readonly host?: string;
  /** Only hosts of this pattern. */
  readonly limit?: string;
}

/** `inventory list`: what `ansible-inventory --list` and `--host` print. */
export async function inventoryList(o: ListOptions): Promise<number> {
  const inventory = await readInventory({ ...o, allowEmpty: true, raw: true });
  warn(inventory);
  const written = writtenOf(inventory);
  const only = o.limit === undefined ? undefined : new Set(resolvePattern(inventory, o.limit));
  print(o.host === undefined ? listText(written, only) : hostText(written, oneHost(inventory, o.host)));
  return 0;
}

/** `inventory graph`: what `ansible-inventory --graph` prints. */
export async function inventoryGraph(o: InventoryOptions & { readonly group?: string; readonly vars: boolean }): Promise<number> {
  const inventory = await readInventory({ ...o, allowEmpty: true, raw: true });
  warn(inventory);
  const written = writtenOf(inventory);
  const name = o.group ?? 'all';
  const start = written.groups.get(name);
  if (!start) {
    const near = nearestName(name, [...written.groups.keys()]);
    throw new InputError({
      what: `There is no group ${name}`,
      todo: near ? `Did you mean ${near}?` : `Groups are: ${[...written.groups.keys()].join(', ')}`,
    });
  }
  print(graphText(written, start, o.vars));
  return 0;
}

function oneHost(inventory: Inventory, pattern: string): string {
  const hosts = resolvePattern(inventory, pattern);
  if (hosts.length === 1 && hosts[0] !== undefined) return hosts[0];
  throw new InputError({ what: `${pattern} stands for ${hosts.length} hosts`, todo: 'Give --host the name of one host' });
}

function writtenOf(inventory: Inventory): WrittenInventory {
  return inventory.written ?? { groups: new Map(), hosts: new Map() };
}

function warn(inventory: Inventory): void {
  for (const text of inventory.warnings ?? []) process.stderr.write(`warning: ${text}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
