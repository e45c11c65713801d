import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type AnyAuthMethod, type AuthHandlerMiddleware } from 'ssh2';
import { expandHome } from './known-hosts.js';
import type { Target } from './port.js';

const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** The methods that a target allows, in OpenSSH's order, and what became of them: for the error message. */
export class Authentication {
  readonly #methods: readonly { readonly label: string; readonly method: AnyAuthMethod }[];
  readonly tried: string[] = [];
  /** Keys that could not be used, and why. */
  readonly skipped: string[] = [];
  /** Methods that the server offers. */
  offered: readonly string[] = [];

  constructor(target: Target) {
    const username = target.user;
    const methods: { label: string; method: AnyAuthMethod }[] = [];
    const add = (label: string, method: AnyAuthMethod): void => {
      methods.push({ label, method });
    };
    if (target.privateKeyFile !== undefined) this.#addKey(username, expandHome(target.privateKeyFile), true, add);
    const agent = process.env.SSH_AUTH_SOCK;
    if (target.privateKeyFile === undefined) {
      if (agent) add('agent', { type: 'agent', username, agent });
      for (const name of DEFAULT_KEYS) this.#addKey(username, join(homedir(), '.ssh', name), false, add);
    }
    const password = target.password?.reveal();
    if (password !== undefined) {
      add('password', { type: 'password', username, password });
      add('keyboard-interactive', {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _lang, prompts, finish) => finish(prompts.map(() => password)),
      });
    }
    this.#methods = methods;
  }

  /** For ssh2: hands out one method after the other, leaving out what the server does not offer. */
  get handler(): AuthHandlerMiddleware {
    let next = 0;
    let asked = false;
    return (methodsLeft, _partial, callback) => {
      const left: readonly string[] | null = methodsLeft;
      if (left) this.offered = left;
      if (!asked) {
        // "none" first, as OpenSSH does: the answer names what the server offers.
        asked = true;
        callback('none');
        return;
      }
      while (next < this.#methods.length) {
        const candidate = this.#methods[next++];
        if (!candidate) break;
        const wire = candidate.method.type === 'agent' ? 'publickey' : candidate.method.type;
        if (left && !left.includes(wire)) continue;
        this.tried.push(candidate.label);
        callback(candidate.method);
        return;
      }
      // The types leave out what the documentation says: false means that nothing is left to try.
      (callback as unknown as (method: false) => void)(false);
    };
  }

  #addKey(username: string, path: string, named: boolean, add: (label: string, method: AnyAuthMethod) => void): void {
    let key: Buffer;
    try {
      key = readFileSync(path);
    } catch (error) {
      if (named)
        this.skipped.push(`${path} cannot be read (${error instanceof Error && 'code' in error ? error.code : 'error'})`);
      return;
    }
    const parsed = ssh2.utils.parseKey(key);
    if (parsed instanceof Error)
      this.skipped.push(
        `${path}: ${/passphrase|encrypted/i.test(parsed.message) ? 'is encrypted; load it into an agent' : parsed.message}`,
      );
    else add(path, { type: 'publickey', username, key });
  }
}
