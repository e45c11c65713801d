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

/** The vault passwords: asked for, or read from files and scripts, once and only if something is encrypted. */
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

  /** Reads an inventory; asks for a password that a file or a value needs, then starts over. */
  async read(load: () => Promise<Inventory>): Promise<Inventory> {
    return this.with(async () => {
      const inventory = await load();
      for (const host of inventory.hosts.values()) for (const v of host.vars.values()) this.#ready(v.value);
      return inventory;
    });
  }

  /** Runs `read`; asks for a password that it needs, then runs it again. */
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

  /** Values are decrypted when they are used, which is too late to ask for a password. */
  #ready(value: VarValue): void {
    if (value === null || typeof value !== 'object') return;
    if (!(value instanceof VaultValue)) {
      for (const v of Object.values(value)) this.#ready(v);
      return;
    }
    try {
      this.keyring.decrypt(value.ciphertext, value.source);
    } catch (error) {
      // A wrong password is reported where the value is used, with its place.
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
      throw new InputError({ what: `--vault-id ${id} has no source`, fix: 'Write --vault-id LABEL@FILE or LABEL@prompt' });
    return source === 'prompt' ? this.#fromPrompt(label || 'default') : this.#fromFile(label, source);
  }

  #fromPrompt(label: string): VaultKey {
    return { label, from: 'prompt', password: () => this.#asked.get(label)?.reveal() };
  }

  /** @param label empty: none is passed to a script. */
  #fromFile(label: string, given: string): VaultKey {
    const path = resolve(given.replace(/^~(?=\/|$)/, homedir()));
    let password: string | undefined;
    let failed: unknown;
    return {
      label: label || 'default',
      from: given,
      password: () => {
        // A script runs once, even if it fails: it may ask for input, or be slow.
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

/** The text of a file, or the output of an executable; a script named `…-client` gets the vault id, as in Ansible. */
function readPassword(path: string, label: string): string {
  if (!existsSync(path) || statSync(path).isDirectory())
    throw new InputError({
      what: 'Vault password file not found',
      where: wholeFile(path),
      fix: 'Check --vault-password-file',
    });
  const password = isExecutable(path) ? runScript(path, label) : readFileSync(path, 'utf8').trim();
  if (password === '')
    throw new InputError({
      what: 'The vault password is empty',
      where: wholeFile(path),
      fix: isExecutable(path) ? 'Run it by hand; it must print the password' : 'Write the password to the file',
    });
  return password;
}

function isExecutable(path: string): boolean {
  try {
    // For root, access() depends on the mode of others too: any execute bit makes it a script.
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
      why:
        (run.error?.message ?? run.status === null)
          ? `It was killed by ${run.signal ?? 'a signal'}`
          : `It exited with ${run.status}`,
      fix: 'Run it by hand; it must print the password and exit with 0',
    });
  }
  return run.stdout.replaceAll(/^[\r\n]+|[\r\n]+$/g, '');
}
