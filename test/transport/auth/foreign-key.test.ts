import type { Client } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { substituteSignature } from '../../../src/transport/auth/foreign-key.js';
import { packString } from '../../../src/transport/auth/wire.js';

const ALGORITHM = 'ecdsa-sha2-nistp256-cert-v01@openssh.com';
const HEAD = 5;

/** ssh2's writer of packets, with padding of one byte value, which is random in ssh2's own. */
function clientWithPadding(byte: number): { readonly client: Client; send(payload: Buffer): Buffer } {
  const sent: Buffer[] = [];
  const write = {
    allocStart: HEAD,
    alloc: (size: number) => Buffer.alloc(HEAD + size + 16, byte),
    finalize: (packet: Uint8Array) => sent.push(Buffer.from(packet.subarray(HEAD, packet.length - 16))),
  };
  return {
    client: { _protocol: { _packetRW: { write } } } as unknown as Client,
    send(payload) {
      const packet = write.alloc(payload.length);
      packet.set(payload, HEAD);
      write.finalize(packet);
      return sent[0] ?? Buffer.alloc(0);
    },
  };
}

describe('the packet of a login whose signature is made here', () => {
  it('carries the signature and nothing after it, whatever the padding is', () => {
    const before = Buffer.from('session and public key');
    const signature = Buffer.from('a signature');
    for (let byte = 0; byte < 256; byte++) {
      const { client, send } = clientWithPadding(byte);
      const placeholder = substituteSignature(client, ALGORITHM, signature);
      const blob = Buffer.concat([packString(ALGORITHM), packString(placeholder)]);
      const sent = send(Buffer.concat([before, packString(blob)]));
      expect(sent, `padding of ${byte}`).toEqual(Buffer.concat([before, packString(signature)]));
    }
  });
});
