import { readFileSync } from 'node:fs';
import ssh2, { type ParsedKey } from 'ssh2';
import { fromPkcs8, PassphraseNeededError, UnreadableKey } from './pkcs8.js';

/** Asks the user for a key's passphrase; undefined: there is no terminal to ask on. `again`: the last one was wrong. */
export type AskPassphrase = (path: string, again: boolean) => Promise<string | undefined>;

const TRIES = 3;

/** Private keys of one run. Each file is opened once, and its passphrase asked for once, however many hosts use it. */
export class Keyring {
  readonly #ask: AskPassphrase;
  readonly #opened = new Map<string, Promise<ParsedKey>>();
  /** One question at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(ask: AskPassphrase = async () => undefined) {
    this.#ask = ask;
  }

  /** @throws Error with the reason if the key cannot be used. */
  open(path: string): Promise<ParsedKey> {
    let opened = this.#opened.get(path);
    if (!opened) {
      opened = this.#open(path);
      this.#opened.set(path, opened);
    }
    return opened;
  }

  async #open(path: string): Promise<ParsedKey> {
    const data = readFileSync(path);
    const plain = parse(data);
    if (!(plain instanceof Error)) return plain;
    if (!isEncrypted(plain)) throw plain;
    const answer = this.#turn.then(() => this.#decrypt(path, data));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #decrypt(path: string, data: Buffer): Promise<ParsedKey> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const passphrase = await this.#ask(path, attempt > 0);
      if (passphrase === undefined) {
        throw new Error(
          attempt === 0
            ? 'is encrypted: load it into an agent (ssh-add), set KUBEWRIGHT_KEY_PASSPHRASE, or run on a terminal to be asked'
            : 'the passphrase is wrong',
        );
      }
      const key = parse(data, passphrase);
      if (!(key instanceof Error)) return key;
      if (key instanceof UnreadableKey) throw key;
    }
    throw new Error('the passphrase is wrong');
  }
}

/** A key in OpenSSH's format, in PEM or in PKCS #8. ssh2 returns errors instead of throwing them. */
export function parse(data: Buffer, passphrase?: string): ParsedKey | Error {
  try {
    const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(fromPkcs8(data, passphrase), passphrase);
    const key = Array.isArray(parsed) ? parsed[0] : parsed;
    if (key === undefined) return new Error('contains no key');
    return key instanceof Error || key.isPrivateKey() ? key : new Error('is a public key');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Whether a passphrase would help. */
export function isEncrypted(error: Error): boolean {
  // ssh2 has no code for it.
  return error instanceof PassphraseNeededError || /no passphrase given/.test(error.message);
}
