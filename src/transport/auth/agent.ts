import { createConnection } from 'node:net';
import { packString, WireReader } from './wire.js';

/** A key that an agent holds, including kinds that ssh2 does not know (FIDO, certificates). */
export interface AgentKey {
  readonly blob: Buffer;
  readonly comment: string;
}

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const RSA_SHA2_512 = 4;
const RSA_SHA2_256 = 2;
/** The user may have to touch a key or answer the agent's question. */
const SIGN_TIMEOUT_MS = 60_000;

/** The keys in an agent, in its order. @throws Error if no agent listens on that socket. Source: draft-miller-ssh-agent. */
export async function agentKeys(socket: string): Promise<AgentKey[]> {
  const answer = await ask(socket, Buffer.from([REQUEST_IDENTITIES]), 5000);
  if (answer[0] !== IDENTITIES_ANSWER) throw new Error('the agent does not list its keys');
  const reader = new WireReader(answer).skip(1);
  return Array.from({ length: reader.uint32() }, () => ({
    blob: Buffer.from(reader.string()),
    comment: reader.string().toString(),
  }));
}

/** A whole signature, with its type in front. @throws Error if the agent refuses. */
export async function agentSign(socket: string, blob: Buffer, data: Buffer, hash?: string): Promise<Buffer> {
  const flags = Buffer.alloc(4);
  flags.writeUInt32BE(hash === 'sha512' ? RSA_SHA2_512 : hash === 'sha256' ? RSA_SHA2_256 : 0);
  const request = Buffer.concat([Buffer.from([SIGN_REQUEST]), packString(blob), packString(data), flags]);
  const answer = await ask(socket, request, SIGN_TIMEOUT_MS);
  if (answer[0] !== SIGN_RESPONSE) throw new Error('the agent refuses to sign');
  return Buffer.from(new WireReader(answer).skip(1).string());
}

function ask(socket: string, request: Buffer, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket, () => connection.write(packString(request)));
    let received = Buffer.alloc(0);
    connection.setTimeout(timeoutMs, () => connection.destroy(new Error('the agent does not answer')));
    connection.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readUInt32BE(0)) return;
      connection.destroy();
      resolve(received.subarray(4, 4 + received.readUInt32BE(0)));
    });
    connection.on('error', reject);
    connection.on('close', () => reject(new Error('the agent closed the connection')));
  });
}
