import type { Place } from '../../base/place.js';
import { Dict, isList, type PyValue, VaultValue } from '../model/python-values.js';
import { exactOf, type Variable, type VarValue } from '../model/values.js';
import { isTemplate } from './syntax/lexer.js';

export interface Rendered {
  readonly value: VarValue;
  readonly secret: boolean;
}

/** A variable whose value is made when it is used. */
export class RenderedVariable implements Variable {
  readonly source: Place;
  readonly raw: VarValue;
  readonly encrypted: boolean;
  readonly #make: () => Rendered;
  #rendered: Rendered | undefined;

  constructor(variable: Variable, make: () => Rendered) {
    this.source = variable.source;
    this.raw = variable.value;
    this.encrypted = variable.secret === true;
    this.#make = make;
  }

  /** @throws InputError that names variable, file and line. */
  get value(): VarValue {
    this.#rendered ??= this.#make();
    return this.#rendered.value;
  }

  /** Renders first: only then is it known whether a secret is involved. */
  get secret(): boolean {
    this.#rendered ??= this.#make();
    return this.#rendered.secret;
  }
}

/** Whether it holds a template or an encrypted value. */
export function needsRendering(v: Variable): boolean {
  return holdsTemplate(exactOf(v));
}

function holdsTemplate(value: PyValue): boolean {
  if (typeof value === 'string') return isTemplate(value);
  if (value === null || typeof value !== 'object') return false;
  if (value instanceof VaultValue) return true;
  if (isList(value)) return value.some(holdsTemplate);
  if (!(value instanceof Dict)) return false;
  for (const [, v] of value.entries()) if (holdsTemplate(v)) return true;
  return false;
}
