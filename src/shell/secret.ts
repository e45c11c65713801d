import { inspect } from 'node:util';

/**
 * A value that must never be seen: it prints as `***` wherever it is turned into text.
 *
 * `name` is the file name under which the value lies on the host's tmpfs while a program runs; the compiled program
 * only ever mentions the name.
 */
export class Secret {
  readonly name: string;
  readonly #value: string;

  /** @throws TypeError when the name is not safe as a file name. */
  constructor(name: string, value: string) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw new TypeError(`not a secret's name: ${name}`);
    this.name = name;
    this.#value = value;
  }

  /** The value itself. Call it only where the value leaves for the host's stdin. */
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
