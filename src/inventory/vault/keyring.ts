import { AsyncLocalStorage } from 'node:async_hooks';
import { InputError } from '../../base/errors.js';
import type { Place } from '../../base/place.js';
import { wholeFile } from '../../base/place.js';
import { isEncrypted, openEnvelope, parseEnvelope } from './envelope.js';

/** Where a vault's password comes from. */
export interface VaultKey {
  /** The vault id that it belongs to. */
  readonly label: string;
  /** For messages: a file, or `prompt`. */
  readonly from: string;
  /** undefined: it must be asked for first. Called only once something encrypted is found. */
  readonly password: () => string | undefined;
}

/** Something is encrypted, and its password must be asked for before it can be read. */
export class VaultPasswordNeeded extends Error {
  readonly key: VaultKey;

  constructor(key: VaultKey) {
    super(`the password of vault ${key.label} must be asked for`);
    this.key = key;
  }
}

/** The passwords of one run, and what they opened. */
export class Keyring {
  readonly #keys: readonly VaultKey[];
  readonly #opened = new Map<string, string>();

  constructor(keys: readonly VaultKey[]) {
    this.#keys = keys;
  }

  /**
   * @throws InputError if there is no password, or no password opens it; VaultPasswordNeeded.
   */
  decrypt(text: string, where: Place): string {
    const known = this.#opened.get(text);
    if (known !== undefined) return known;
    const envelope = parseEnvelope(text);
    if (typeof envelope === 'string') {
      throw new InputError({
        what: 'This cannot be decrypted',
        where,
        why: envelope,
        fix: 'Encrypt it again with ansible-vault',
      });
    }
    // The key of the same label first; Ansible also tries the others.
    const keys = [...this.#keys].sort((a, b) => Number(b.label === envelope.label) - Number(a.label === envelope.label));
    for (const key of keys) {
      const password = key.password();
      if (password === undefined) throw new VaultPasswordNeeded(key);
      const opened = openEnvelope(envelope, password);
      if (opened !== undefined) {
        this.#opened.set(text, opened);
        return opened;
      }
    }
    if (keys.length > 0) {
      throw new InputError({
        what: 'The vault password is wrong for this',
        where,
        why: `It was encrypted with the vault id ${envelope.label}; tried: ${keys.map((k) => `${k.label}@${k.from}`).join(', ')}`,
        fix: 'Give the right one: --ask-vault-pass, --vault-password-file FILE or --vault-id LABEL@FILE',
      });
    }
    throw new InputError({
      what: 'This is encrypted with Ansible Vault, and no password was given',
      where,
      fix: 'Add --ask-vault-pass, --vault-password-file FILE or --vault-id LABEL@FILE (or set KUBEWRIGHT_VAULT_PASSWORD_FILE)',
    });
  }
}

/** The keyring that files are opened with while an inventory is read: any reader may come across an encrypted file. */
const current = new AsyncLocalStorage<Keyring>();
const NONE = new Keyring([]);

export function withKeyring<T>(keyring: Keyring, read: () => T): T {
  return current.run(keyring, read);
}

/** The text of a file, decrypted if it is an encrypted file. */
export function openFile(text: string, file: string): { readonly text: string; readonly secret: boolean } {
  if (!isEncrypted(text)) return { text, secret: false };
  return { text: (current.getStore() ?? NONE).decrypt(text, wholeFile(file)), secret: true };
}
