import { InputError } from '../../base/errors.js';
import { nearestName } from '../../base/nearest.js';
import { writeWarning } from '../../base/text/render-error.js';
import { graphText, hostText, listText } from '../../inventory/listing.js';
import type { Inventory, WrittenInventory } from '../../inventory/model/model.js';
import { resolvePattern } from '../../inventory/pattern/pattern.js';
import { type InventoryOptions, withWrittenInventory } from './read.js';

export interface ListOptions extends InventoryOptions {
  /** Only this host's variables. */
  readonly host?: string;
  /** Only hosts of this pattern. */
  readonly limit?: string;
}

/** `inventory list`: what `ansible-inventory --list` and `--host` print. */
export function inventoryList(o: ListOptions): Promise<number> {
  return printed(o, (inventory) => {
    const written = writtenOf(inventory);
    if (o.host !== undefined) return hostText(written, oneHost(inventory, o.host));
    return listText(written, o.limit === undefined ? undefined : new Set(resolvePattern(inventory, o.limit)));
  });
}

/** `inventory graph`: what `ansible-inventory --graph` prints. */
export function inventoryGraph(o: InventoryOptions & { readonly group?: string; readonly vars: boolean }): Promise<number> {
  return printed(o, (inventory) => {
    const written = writtenOf(inventory);
    const name = o.group ?? 'all';
    const start = written.groups.get(name);
    if (start) return graphText(written, start, o.vars);
    const near = nearestName(name, [...written.groups.keys()]);
    throw new InputError({
      what: `There is no group ${name}`,
      fix: near ? `Did you mean ${near}?` : `Groups are: ${[...written.groups.keys()].join(', ')}`,
    });
  });
}

async function printed(o: InventoryOptions, text: (inventory: Inventory) => string): Promise<number> {
  const { lines, warnings } = await withWrittenInventory({ ...o, allowEmpty: true }, (inventory) => ({
    lines: text(inventory),
    warnings: inventory.warnings ?? [],
  }));
  for (const warning of warnings) writeWarning(warning);
  process.stdout.write(`${lines}\n`);
  return 0;
}

function oneHost(inventory: Inventory, pattern: string): string {
  const hosts = resolvePattern(inventory, pattern);
  if (hosts.length === 1 && hosts[0] !== undefined) return hosts[0];
  throw new InputError({ what: `${pattern} matches ${hosts.length} hosts`, fix: 'Give --host the name of one host' });
}

function writtenOf(inventory: Inventory): WrittenInventory {
  return inventory.written ?? { groups: new Map(), hosts: new Map() };
}
