import { InputError } from '../../base/errors.js';
import type { Place } from '../../base/place.js';
import type { Host } from '../../inventory/model/model.js';

/** Typed access to a host's variables; in INI files every value is text or a Python literal. */
export class HostVars {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  where(name: string): Place | undefined {
    return this.#host.vars.get(name)?.source;
  }

  /** Of an option's variables the last one that is set counts, wherever it is set, as in Ansible. */
  last(names: readonly string[]): string {
    return names.findLast((n) => this.text(n) !== undefined) ?? names[0] ?? '';
  }

  text(name: string): string | undefined {
    const value = this.#host.vars.get(name)?.value;
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'object') throw this.#wrong(name, 'must be text');
    return String(value);
  }

  port(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const port = Number(text);
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw this.#wrong(name, 'must be a port between 1 and 65535');
    return port;
  }

  /** Seconds, from 1 to a day. */
  seconds(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const seconds = Number(text);
    if (!(seconds >= 1 && seconds <= 86_400)) throw this.#wrong(name, 'must be a number of seconds between 1 and 86400');
    return seconds;
  }

  bool(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (/^(true|yes|on|y|t|1)$/i.test(text)) return true;
    if (/^(false|no|off|n|f|0)$/i.test(text)) return false;
    throw this.#wrong(name, 'must be true or false');
  }

  oneOf<const T extends readonly string[]>(name: string, allowed: T): T[number] | undefined {
    // With its collection, a plugin's name is the same plugin.
    const text = this.text(name)?.replace(/^ansible\.(builtin|legacy)\./, '');
    if (text === undefined || allowed.includes(text)) return text;
    throw this.#wrong(name, `must be one of ${allowed.join(', ')}`);
  }

  #wrong(name: string, why: string): InputError {
    return new InputError({ what: `${name} of ${this.#host.name} ${why}`, where: this.where(name), fix: `Correct ${name}` });
  }
}
