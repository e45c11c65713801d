import { InputError } from '../../../base/errors.js';
import { nearestName } from '../../../base/nearest.js';
import type { Place } from '../../../base/place.js';
import type { Draft } from '../../draft/draft.js';

interface Pending {
  readonly as: 'children' | 'vars';
  readonly source: Place;
  readonly parents: { readonly name: string; readonly source: Place }[];
}

/** Groups that an INI inventory has so far only mentioned, as children or with variables: each must be declared somewhere. */
export class PendingGroups {
  readonly #draft: Draft;
  readonly #pending = new Map<string, Pending>();

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  variables(name: string, source: Place): void {
    if (!this.#pending.has(name)) this.#pending.set(name, { as: 'vars', source, parents: [] });
  }

  child(name: string, parent: string, source: Place): void {
    const pending = this.#pending.get(name) ?? { as: 'children', source, parents: [] };
    pending.parents.push({ name: parent, source });
    this.#pending.set(name, pending);
  }

  /** The group is declared now, and joins the parents that mentioned it before. @throws DraftError */
  declared(name: string): void {
    const pending = this.#pending.get(name);
    if (pending?.as === 'children') this.#adopt(name, pending);
    else this.#pending.delete(name);
  }

  #adopt(name: string, pending: Pending): void {
    this.#pending.delete(name);
    for (const parent of pending.parents) {
      this.#draft.addGroup(parent.name).addChild(this.#draft.addGroup(name));
      const above = this.#pending.get(parent.name);
      if (above?.as === 'children') this.#adopt(parent.name, above);
    }
  }

  /** Only the first such mistake is reported, as others may follow from it. @throws InputError */
  check(): void {
    for (const [name, p] of this.#pending) {
      const near = nearestName(
        name,
        [...this.#draft.groups.keys()].filter((g) => !this.#pending.has(g)),
      );
      const source = p.parents.at(-1)?.source ?? p.source;
      throw new InputError({
        what:
          p.as === 'children'
            ? `The group ${name} is named as a child, but it is not declared`
            : `There is no group ${name} for these variables`,
        where: source,
        fix: near ? `Did you mean ${near}? If not, declare it: [${name}]` : `Declare it: [${name}]`,
      });
    }
  }
}
