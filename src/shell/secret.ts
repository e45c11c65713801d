import { inspect } from 'node:util';

/**
 * A value that must never be shown: it prints as `***` wherever it is turned into text.
 *
 * `name` is the value's file name on the host's tmpfs while a program runs; the compiled program only contains the name.
 */
export class Secret {
  readonly name: string;
  readonly #value: string;

  /** @throws TypeError if the name is not safe as a file name. */
  constructor(name: string, value: string) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw new TypeError(`not a secret's name: ${name}`);
    this.name = name;
    this.#value = value;
  }

  /** The value itself. Call it only where the value is sent to the host's stdin. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return `Secret(${this.name}: ***)`;
  }
}
