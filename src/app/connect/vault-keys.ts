import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { InputError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import type { Inventory } from '../../inventory/model/model.js';
import { VaultValue } from '../../inventory/model/python-values.js';
import type { VarValue } from '../../inventory/model/values.js';
import { Keyring, type VaultKey, VaultPasswordNeeded, withKeyring } from '../../inventory/vault/keyring.js';
import type { Secret } from '../../shell/secret.js';
import { askSecret } from './credentials.js';
import type { VaultOptions } from './options.js';

/** The operator's vault passwords: asked for, or read from files and scripts, once and only when something is encrypted. */
export class VaultKeys {
  readonly keyring: Keyring;
  readonly #asked = new Map<string, Secret>();

  constructor(o: VaultOptions, env: NodeJS.ProcessEnv = process.env) {
    const ids = o.vaultId ?? [];
    const files = o.vaultPasswordFile ?? [];
    const given = [
      ...ids.map((id) => this.#fromId(id)),
      ...files.map((f) => this.#fromFile('default', f)),
      ...(o.askVaultPass ? [this.#fromPrompt('default')] : []),
    ];
    this.keyring = new Keyring(given.length > 0 ? given : this.#fromEnvironment(env));
  }

  /**
   * Reads an inventory; a password that is needed, for a file or a single value, is asked for, and reading begins again.
   */
  async read(load: () => Promise<Inventory>): Promise<Inventory> {
    return this.with(async () => {
      const inventory = await load();
      for (const host of inventory.hosts.values()) for (const v of host.vars.values()) this.#ready(v.value);
      return inventory;
    });
  }

  /** Does what reads encrypted files; a password that is needed is asked for, and it is done again. */
  async with<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await withKeyring(this.keyring, read);
      } catch (error) {
        if (!(error instanceof VaultPasswordNeeded)) throw error;
        const { label } = error.key;
        const question = label === 'default' ? 'Vault password: ' : `Vault password (${label}): `;
        this.#asked.set(label, await askSecret(question, 'vault-password', 'Use --vault-password-file FILE instead'));
      }
    }
  }

  /** Values are decrypted when they are used; by then nothing can be asked for any more. */
  #ready(value: VarValue): void {
    if (value === null || typeof value !== 'object') return;
    if (!(value instanceof VaultValue)) {
      for (const v of Object.values(value)) this.#ready(v);
      return;
    }
    try {
      this.keyring.decrypt(value.ciphertext, value.source);
    } catch (error) {
      // A wrong password is told where the value is used, with its place.
      if (error instanceof VaultPasswordNeeded) throw error;
    }
  }

  #fromEnvironment(env: NodeJS.ProcessEnv): VaultKey[] {
    const file = env.KUBEWRIGHT_VAULT_PASSWORD_FILE ?? env.ANSIBLE_VAULT_PASSWORD_FILE;
    const ids = env.ANSIBLE_VAULT_IDENTITY_LIST?.split(',').map((s) => s.trim()) ?? [];
    return [...ids.filter((s) => s !== '').map((id) => this.#fromId(id)), ...(file ? [this.#fromFile('default', file)] : [])];
  }

  #fromId(id: string): VaultKey {
    const at = id.indexOf('@');
    const [label, source] = [id.slice(0, Math.max(at, 0)), id.slice(at + 1)];
    if (source === '')
      throw new InputError({ what: `--vault-id ${id} names no source`, fix: 'Write --vault-id LABEL@FILE or LABEL@prompt' });
    return source === 'prompt' ? this.#fromPrompt(label || 'default') : this.#fromFile(label, source);
  }

  #fromPrompt(label: string): VaultKey {
    return { label, from: 'prompt', password: () => this.#asked.get(label)?.reveal() };
  }

  /** @param label empty: a script is told none. */
  #fromFile(label: string, given: string): VaultKey {
    const path = resolve(given.replace(/^~(?=\/|$)/, homedir()));
    let password: string | undefined;
    let failed: unknown;
    return {
      label: label || 'default',
      from: given,
      password: () => {
        // A script runs once, also when it fails: it may ask somebody, or take its time.
        if (failed !== undefined) throw failed;
        try {
          password ??= readPassword(path, label);
        } catch (error) {
          failed = error;
          throw error;
        }
        return password;
      },
    };
  }
}

/** A file's text, or what it prints when it is executable; a script named `…-client` is told the vault id, as by Ansible. */
function readPassword(path: string, label: string): string {
  if (!existsSync(path) || statSync(path).isDirectory())
    throw new InputError({
      what: 'There is no such vault password file',
      where: wholeFile(path),
      fix: 'Check --vault-password-file',
    });
  const password = isExecutable(path) ? runScript(path, label) : readFileSync(path, 'utf8').trim();
  if (password === '')
    throw new InputError({
      what: 'The vault password is empty',
      where: wholeFile(path),
      fix: isExecutable(path) ? 'Run it by hand: it must print the password' : 'Write the password into the file',
    });
  return password;
}

function isExecutable(path: string): boolean {
  try {
    // Root may execute whatever anyone may: the mode says what is a script.
    accessSync(path, constants.X_OK);
    return (statSync(path).mode & 0o111) !== 0;
  } catch {
    return false;
  }
}

function runScript(path: string, label: string): string {
  const args = label !== '' && /-client(\.\w+)?$/.test(path) ? ['--vault-id', label] : [];
  const run = spawnSync(path, args, { stdio: ['inherit', 'pipe', 'inherit'], encoding: 'utf8' });
  if (run.error || run.status !== 0) {
    throw new InputError({
      what: 'The vault password script failed',
      where: wholeFile(path),
      why: run.error?.message ?? `It ended with ${run.status ?? run.signal ?? ''}`,
      fix: 'Run it by hand: it must print the password and end with 0',
    });
  }
  return run.stdout.replaceAll(/^[\r\n]+|[\r\n]+$/g, '');
}
