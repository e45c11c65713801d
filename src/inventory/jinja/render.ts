import type { Place } from '../../base/place.js';
import type { Host, Inventory } from '../model/model.js';
import type { Variable, VarValue } from '../model/values.js';
import { Renderer, type RenderOptions } from './renderer.js';

export type { RenderOptions } from './renderer.js';

/**
 * The same inventory with variables that hold templates or encrypted values rendered as Ansible does: only when one is
 * used, with everything that it refers to. Nothing is rendered yet, so no error can occur here.
 */
export function renderInventory(inventory: Inventory, options: RenderOptions = {}): Inventory {
  const renderer = new Renderer(inventory, options);
  const hosts = new Map([...inventory.hosts].map(([name, host]) => [name, renderer.host(host)]));
  const rendered = { ...inventory, hosts };
  unrendered.set(rendered, { inventory, options });
  return rendered;
}

/** Rendered inventory → what it was made of. */
const unrendered = new WeakMap<Inventory, { readonly inventory: Inventory; readonly options: RenderOptions }>();

/** A text from outside the inventory: from a playbook. */
export interface OtherText {
  readonly text: string;
  readonly source: Place;
}

/**
 * Renders a text with the variables of a host.
 *
 * @param inventory as `renderInventory` gave it.
 * @param vars above those of the host.
 * @throws InputError that names the text's place.
 */
export function renderForHost(
  inventory: Inventory,
  hostName: string,
  given: OtherText,
  vars: ReadonlyMap<string, Variable>,
  playbookDir: string,
): { readonly value: VarValue; readonly secret: boolean } {
  const made = unrendered.get(inventory);
  const written = made?.inventory ?? inventory;
  const raw = written.hosts.get(hostName);
  if (!raw) throw new TypeError(`no host ${hostName}`);
  const own = 'The text';
  const host: Host = { ...raw, vars: new Map([...raw.vars, ...vars, [own, { value: given.text, source: given.source }]]) };
  const renderer = new Renderer(written, { ...made?.options, playbookDir }, host);
  const variable = renderer.host(host).vars.get(own);
  return { value: variable?.value ?? null, secret: variable?.secret ?? false };
}
