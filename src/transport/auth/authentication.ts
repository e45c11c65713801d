import ssh2, { type AnyAuthMethod, type AuthHandlerMiddleware, type Client, type ParsedKey } from 'ssh2';
import type { AuthMethod, Target } from '../types.js';
import { agentSign } from './agent.js';
import { canSignForeign, foreignKey, substituteSignature, wholeSignature } from './foreign-key.js';
import { type Identity, listIdentities, parsedPublic } from './identities.js';
import type { Keyring } from './keyring.js';
import { hashOf, signatureAlgorithm } from './signature-algorithm.js';
import { WireReader, wireType } from './wire.js';

/** Password before keyboard-interactive: both usually are the same PAM, and a wrong password must not count twice. */
const METHODS: readonly AuthMethod[] = ['publickey', 'password', 'keyboard-interactive'];

interface Candidate {
  readonly wire: AuthMethod;
  readonly label: string;
  /** Undefined: it cannot be used; the reason is in `skipped`. */
  readonly method: () => Promise<AnyAuthMethod | undefined>;
}

/** How one connection logs in, and the result of each try, for the error message. */
export class Authentication {
  readonly tried: string[] = [];
  /** Of those, factors that were accepted, where the server wants several. */
  readonly accepted: string[] = [];
  /** Prompts of keyboard-interactive. */
  readonly questions: string[] = [];
  /** Keys that could not be used, and why. */
  readonly skipped: string[] = [];
  /** Methods that the server offers now. */
  offered: readonly string[] = [];
  /** The user is being asked for a passphrase, or an agent for a signature: the timeout is paused. */
  onPause: (paused: boolean) => void = () => undefined;
  readonly #target: Target;
  readonly #keyring: Keyring;
  readonly #client: Client;
  /** The public key or certificate that was tried last, in wire format; undefined: something else was tried since. */
  lastKey: Buffer | undefined;
  #candidates: Candidate[] | undefined;
  #asked = false;
  #passwordRefused = false;

  constructor(target: Target, keyring: Keyring, client: Client) {
    this.#target = target;
    this.#keyring = keyring;
    this.#client = client;
  }

  /** ssh2 does not report the server's answers to an agent's keys, and they change after a partial success. */
  watch(): void {
    const { _protocol: protocol } = this.#client as unknown as {
      _protocol?: { _handlers?: Record<string, FailureHandler | undefined> };
    };
    const handlers = protocol?._handlers;
    const original = handlers?.USERAUTH_FAILURE;
    if (!handlers || !original) return;
    handlers.USERAUTH_FAILURE = (p, methods, partial) => {
      if (Array.isArray(methods)) this.offered = methods;
      if (partial) {
        this.accepted.push(this.tried.at(-1) ?? 'none');
        // The next factor may want the password too.
        this.#passwordRefused = false;
      }
      original(p, methods, partial);
    };
  }

  /** For ssh2: one method after the other, without those that the server does not offer. */
  get handler(): AuthHandlerMiddleware {
    return (methodsLeft, _partial, callback) => {
      if (this.offered.length === 0 && methodsLeft) this.offered = methodsLeft;
      this.#next().then(
        // The types omit what the documentation says: false means that nothing is left to try.
        (method) => callback((method ?? false) as AnyAuthMethod),
        (error: unknown) => {
          this.skipped.push(error instanceof Error ? error.message : String(error));
          (callback as (method: unknown) => void)(false);
        },
      );
      return undefined as never;
    };
  }

  async #next(): Promise<AnyAuthMethod | undefined> {
    const { user: username } = this.#target;
    if (!this.#asked) {
      // "none" first, as OpenSSH does: the answer names what the server offers.
      this.#asked = true;
      return { type: 'none', username };
    }
    this.#candidates ??= await this.#list();
    for (;;) {
      const at = this.#candidates.findIndex((c) => this.offered.length === 0 || this.offered.includes(c.wire));
      const candidate = this.#candidates[at];
      if (!candidate) return undefined;
      this.#candidates.splice(at, 1);
      this.lastKey = undefined;
      const method = await candidate.method();
      if (method === undefined) continue;
      this.tried.push(candidate.label);
      return method;
    }
  }

  async #list(): Promise<Candidate[]> {
    const wanted = this.#target.methods ?? METHODS;
    const lists = await Promise.all(
      wanted.map(async (wire): Promise<Candidate[]> => {
        if (wire === 'publickey') {
          const { identities, skipped } = await listIdentities(this.#target);
          this.skipped.push(...skipped);
          return identities.map((i) => ({ wire, label: i.label, method: () => this.#publicKey(i) }));
        }
        return wire === 'password' ? this.#password() : this.#keyboard();
      }),
    );
    return lists.flat();
  }

  #password(): Candidate[] {
    const { user: username } = this.#target;
    const password = this.#target.password?.reveal();
    if (password === undefined) return [];
    const method = async (): Promise<AnyAuthMethod> => {
      this.#passwordRefused = true;
      return { type: 'password', username, password };
    };
    return [{ wire: 'password', label: 'password', method }];
  }

  #keyboard(): Candidate[] {
    const { user: username } = this.#target;
    const password = this.#target.password?.reveal();
    if (password === undefined) return [];
    const wire = 'keyboard-interactive';
    const method = async (): Promise<AnyAuthMethod | undefined> => {
      if (this.#passwordRefused) {
        this.skipped.push(`${wire}: the password was refused already`);
        return undefined;
      }
      return {
        type: wire,
        username,
        prompt: (_name, _instructions, _lang, prompts, finish) => {
          for (const { prompt } of prompts) if (!this.questions.includes(prompt.trim())) this.questions.push(prompt.trim());
          // Only input that is not echoed can be a password.
          finish(prompts.map((p) => (p.echo ? '' : password)));
        },
      };
    };
    return [{ wire, label: wire, method }];
  }

  async #publicKey(identity: Identity): Promise<AnyAuthMethod | undefined> {
    const { user: username } = this.#target;
    const skip = (why: string): undefined => {
      this.skipped.push(`${identity.label}: ${why}`);
      return undefined;
    };
    try {
      const blob = identity.blob ?? (await this.#whileAsking(() => parsedPublic(identity, this.#keyring))).getPublicSSH();
      const type = wireType(blob);
      const algorithm = signatureAlgorithm(type, this.#target.algorithms?.publicKey);
      if (algorithm === undefined) return skip(`PubkeyAcceptedAlgorithms does not allow ${type}`);
      const { name, own } = algorithm;
      if (own && !canSignForeign(this.#client)) return skip(`${type} cannot be used with this version of ssh2`);
      const key = own ? foreignKey(blob, name) : await this.#whileAsking(() => parsedPublic(identity, this.#keyring));
      const sign = (data: Buffer, hash: string | undefined): Promise<Buffer> =>
        own ? this.#signForeign(identity, name, data) : this.#sign(identity, data, hash);
      const agent = new OneKey(key, async (data, hash) => {
        try {
          return await sign(data, hash);
        } catch (error) {
          skip(error instanceof Error ? error.message : String(error));
          throw error;
        }
      });
      this.lastKey = blob;
      return { type: 'agent', username, agent };
    } catch (error) {
      return skip(error instanceof Error ? error.message : String(error));
    }
  }

  /** The signature without its type, as ssh2 wants it. */
  async #sign(identity: Identity, data: Buffer, hash: string | undefined): Promise<Buffer> {
    if (identity.signer.kind === 'agent') {
      const { socket, key } = identity.signer;
      return bare(await this.#whileAsking(() => agentSign(socket, key, data, hash)));
    }
    const { path } = identity.signer;
    const key = await this.#whileAsking(() => this.#keyring.open(path));
    const signature: Buffer | Error = key.sign(data, hash);
    if (signature instanceof Error) throw signature;
    return signature;
  }

  async #signForeign(identity: Identity, algorithm: string, data: Buffer): Promise<Buffer> {
    const { signer } = identity;
    // Sign with the plain key: an agent holds it under its own blob, not under the certificate's.
    const hash = hashOf(algorithm);
    const whole =
      signer.kind === 'agent'
        ? await this.#whileAsking(() => agentSign(signer.socket, signer.key, data, hash))
        : wholeSignature(await this.#whileAsking(() => this.#keyring.open(signer.path)), data, hash);
    return substituteSignature(this.#client, algorithm, whole);
  }

  async #whileAsking<T>(work: () => Promise<T>): Promise<T> {
    this.onPause(true);
    try {
      return await work();
    } finally {
      this.onPause(false);
    }
  }
}

type FailureHandler = (p: unknown, methods: unknown, partial: unknown) => void;

function bare(signature: Buffer): Buffer {
  const reader = new WireReader(signature);
  reader.string();
  return Buffer.from(reader.string());
}

/** ssh2 waits for signatures of agents only, and wants those of key files at once. So every key gets its own agent. */
class OneKey extends ssh2.BaseAgent<ParsedKey> {
  readonly #key: ParsedKey;
  readonly #sign: (data: Buffer, hash: string | undefined) => Promise<Buffer>;

  constructor(key: ParsedKey, sign: (data: Buffer, hash: string | undefined) => Promise<Buffer>) {
    super();
    this.#key = key;
    this.#sign = sign;
  }

  override getIdentities(callback: (error: Error | null | undefined, keys?: ParsedKey[]) => void): void {
    callback(null, [this.#key]);
  }

  override sign(_key: unknown, data: Buffer, options: unknown, callback?: unknown): void {
    const tell = (typeof options === 'function' ? options : callback) as (error: Error | null, signature?: Buffer) => void;
    const hash = typeof options === 'object' && options !== null && 'hash' in options ? String(options.hash ?? '') : '';
    this.#sign(data, hash || undefined).then(
      (signature) => tell(null, signature),
      (error: unknown) => tell(error instanceof Error ? error : new Error(String(error))),
    );
  }
}
