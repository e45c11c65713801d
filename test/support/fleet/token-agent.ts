import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { packString, WireReader } from '../../../src/transport/auth/wire.js';

export type TokenType = 'sk-ssh-ed25519@openssh.com' | 'sk-ecdsa-sha2-nistp256@openssh.com';

const APPLICATION = 'ssh:';
/** Bits of a token's flags. Source: OpenSSH, PROTOCOL.u2f. */
const TOUCHED = 1;

/**
 * An ssh-agent with one key as a FIDO token holds it, for tests: it signs as a token does, and sshd verifies that for real.
 * Source: OpenSSH's PROTOCOL.u2f and draft-miller-ssh-agent.
 */
export class TokenAgent {
  readonly socket: string;
  readonly publicKey: Buffer;
  /** Somebody touches the token; what is false is what a signature without a touch looks like. */
  touched = true;
  /** The agent says no: nobody touched the token in time. */
  refuses = false;
  /** How long somebody needs for the touch, in ms. */
  touchMs = 0;
  signatures = 0;
  readonly #type: TokenType;
  readonly #private: KeyObject;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #counter = 41;

  private constructor(socket: string, type: TokenType) {
    this.socket = socket;
    this.#type = type;
    const pair = type.startsWith('sk-ssh-') ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#private = pair.privateKey;
    this.publicKey = publicBlob(type, pair.publicKey);
    this.#server = createServer((connection) => this.#serve(connection));
  }

  static async start(socket: string, type: TokenType): Promise<TokenAgent> {
    const agent = new TokenAgent(socket, type);
    await new Promise<void>((resolve) => agent.#server.listen(socket, resolve));
    return agent;
  }

  /** As a .pub file and authorized_keys have it. */
  get publicLine(): string {
    return `${this.#type} ${this.publicKey.toString('base64')} token`;
  }

  async stop(): Promise<void> {
    for (const c of this.#open) c.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.socket, { force: true });
  }

  #serve(connection: Socket): void {
    this.#open.add(connection);
    connection.on('close', () => this.#open.delete(connection));
    connection.on('error', () => undefined);
    let received = Buffer.alloc(0);
    connection.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readUInt32BE(0)) {
        const request = received.subarray(4, 4 + received.readUInt32BE(0));
        received = received.subarray(4 + request.length);
        const answer = this.#answer(request);
        if (answer[0] === SIGN_RESPONSE) setTimeout(() => connection.write(packString(answer)), this.touchMs);
        else connection.write(packString(answer));
      }
    });
  }

  #answer(request: Buffer): Buffer {
    const reader = new WireReader(request).skip(1);
    if (request[0] === REQUEST_IDENTITIES)
      return Buffer.concat([Buffer.from([IDENTITIES_ANSWER]), uint32(1), packString(this.publicKey), packString('token')]);
    if (request[0] !== SIGN_REQUEST || this.refuses || !reader.string().equals(this.publicKey)) return Buffer.from([FAILURE]);
    return Buffer.concat([Buffer.from([SIGN_RESPONSE]), packString(this.#sign(reader.string()))]);
  }

  #sign(message: Buffer): Buffer {
    this.signatures++;
    const rest = Buffer.concat([Buffer.from([this.touched ? TOUCHED : 0]), uint32(++this.#counter)]);
    const signed = Buffer.concat([sha256(APPLICATION), rest, sha256(message)]);
    if (this.#type.startsWith('sk-ssh-'))
      return Buffer.concat([packString(this.#type), packString(sign(null, signed, this.#private)), rest]);
    const raw = sign('sha256', signed, { key: this.#private, dsaEncoding: 'ieee-p1363' });
    const both = Buffer.concat([mpint(raw.subarray(0, 32)), mpint(raw.subarray(32))]);
    return Buffer.concat([packString(this.#type), packString(both), rest]);
  }
}

const FAILURE = 5;
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;

function publicBlob(type: TokenType, key: KeyObject): Buffer {
  const spki = key.export({ format: 'der', type: 'spki' });
  // Both kinds of SPKI end with the key: 32 bytes, or a point of 65.
  const material = type.startsWith('sk-ssh-')
    ? [packString(spki.subarray(-32))]
    : [packString('nistp256'), packString(spki.subarray(-65))];
  return Buffer.concat([packString(type), ...material, packString(APPLICATION)]);
}

function sha256(data: Buffer | string): Buffer {
  return createHash('sha256').update(data).digest();
}

function uint32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}

/** A positive number as SSH writes it: no leading zeros but the one that keeps it positive. */
function mpint(value: Buffer): Buffer {
  let at = 0;
  while (at < value.length - 1 && value[at] === 0) at++;
  const short = value.subarray(at);
  return packString((short[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), short]) : short);
}
