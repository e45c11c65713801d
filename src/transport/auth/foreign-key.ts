import ssh2, { type Client, type ParsedKey } from 'ssh2';
import { packString, WireReader, wireType } from './wire.js';

/**
 * Key types that ssh2 does not know: FIDO keys (sk-…) and certificates (…-cert-v01@openssh.com). ssh2 sends their public part
 * like any other. It cannot send their signatures, since it names a signature's type after the key's and has no room for a
 * FIDO key's counter, so the packet is corrected before it is sent.
 */
export function isForeign(type: string): boolean {
  return type.startsWith('sk-') || type.includes('-cert-v01@');
}

/**
 * A key that ssh2 accepts as one of its own: it inherits ssh2's private symbols from a real one.
 *
 * @param algorithm signature algorithm, as named on the wire.
 */
export function foreignKey(blob: Buffer, algorithm: string): ParsedKey {
  const like = ssh2.utils.parseKey('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  return Object.create(like, { type: { value: algorithm }, getPublicSSH: { value: () => blob } });
}

interface Writer {
  readonly allocStart: number;
  alloc(size: number): Uint8Array;
  finalize(packet: Uint8Array, force?: boolean): unknown;
}

/** Whether this version of ssh2 has the internals that are used here. */
export function canSignForeign(client: Client): boolean {
  return writerOf(client) !== undefined;
}

function writerOf(client: Client): Writer | undefined {
  const { _protocol: protocol } = client as unknown as { _protocol?: { _packetRW?: { write?: Writer } } };
  const writer = protocol?._packetRW?.write;
  return typeof writer?.alloc === 'function' && typeof writer.finalize === 'function' ? writer : undefined;
}

/** Replaces the signature until the packet is corrected. No part of it repeats: random padding behind it cannot look like its end. */
const PLACEHOLDER = Buffer.from(Array.from({ length: 64 }, (_, i) => 0xa0 + i));

/**
 * Makes ssh2's next packet carry this signature.
 *
 * @param algorithm the key's `type`, which is in the packet in front of the signature.
 * @returns the placeholder to give to ssh2 as the signature.
 */
export function substituteSignature(client: Client, algorithm: string, signature: Buffer): Buffer {
  const writer = writerOf(client);
  if (!writer) throw new Error('this version of ssh2 cannot sign with such keys');
  const original = writer.finalize;
  const wrong = 4 + packString(algorithm).length + packString(PLACEHOLDER).length;
  writer.finalize = (packet, force) => {
    writer.finalize = original;
    const body = Buffer.from(packet.subarray(writer.allocStart, packet.length - trailing(writer, packet)));
    const right = Buffer.concat([body.subarray(0, body.length - wrong), packString(signature)]);
    const fresh = writer.alloc(right.length);
    fresh.set(right, writer.allocStart);
    return original.call(writer, fresh, force);
  };
  return PLACEHOLDER;
}

/** Bytes after the payload: padding, and room for the cipher. */
function trailing(writer: Writer, packet: Uint8Array): number {
  const at = Buffer.from(packet.buffer, packet.byteOffset, packet.length).lastIndexOf(PLACEHOLDER);
  if (at < writer.allocStart) throw new Error('ssh2 sent another packet than expected');
  return packet.length - at - PLACEHOLDER.length;
}

/** The public key in a certificate, which is the one that signs. @throws Error for an unknown type. */
export function certifiedKey(certificate: Buffer): Buffer {
  const type = wireType(certificate);
  const plain = type.replace(/-cert-v01@openssh\.com$/, type.startsWith('sk-') ? '@openssh.com' : '');
  const fields: Readonly<Record<string, number>> = {
    'ssh-ed25519': 1,
    'ssh-rsa': 2,
    'ecdsa-sha2-nistp256': 2,
    'ecdsa-sha2-nistp384': 2,
    'ecdsa-sha2-nistp521': 2,
    'sk-ssh-ed25519@openssh.com': 2,
    'sk-ecdsa-sha2-nistp256@openssh.com': 3,
  };
  const count = fields[plain];
  if (count === undefined) throw new Error(`${type} is not a supported certificate`);
  const reader = new WireReader(certificate);
  reader.string();
  reader.string();
  const key = Array.from({ length: count }, () => packString(reader.string()));
  return Buffer.concat([packString(plain), ...key]);
}

/** A whole signature by a key of ours, as an agent gives it. */
export function wholeSignature(key: ParsedKey, data: Buffer, hash: 'sha256' | 'sha512' | undefined): Buffer {
  const raw: Buffer | Error = key.sign(data, hash);
  if (raw instanceof Error) throw raw;
  const type = hash ? `rsa-sha2-${hash.slice(3)}` : key.type;
  return Buffer.concat([packString(type), packString(key.type.startsWith('ecdsa-') ? fromDer(raw) : raw)]);
}

/** An ECDSA signature of OpenSSL (a DER sequence of two integers) as SSH's two mpints. */
function fromDer(der: Buffer): Buffer {
  let at = der[1] !== undefined && der[1] >= 0x80 ? 3 : 2;
  const integer = (): Buffer => {
    const length = der[at + 1] ?? 0;
    const value = der.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    return packString(value);
  };
  return Buffer.concat([integer(), integer()]);
}
