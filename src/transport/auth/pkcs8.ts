import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import { packString } from './wire.js';

/** Curves of ECDSA keys, by OpenSSL's names. Source: RFC 5656, section 10.1. */
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/**
 * ssh2 does not read PKCS #8: RSA and ECDSA keys are converted to the traditional format, ed25519 keys to OpenSSH's. Anything
 * else is returned unchanged.
 *
 * @throws PassphraseNeededError, or an Error with the reason.
 */
export function fromPkcs8(data: Buffer, passphrase: string | undefined): Buffer {
  const text = data.toString('latin1').trimStart();
  const encrypted = text.startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----');
  if (!encrypted && !text.startsWith('-----BEGIN PRIVATE KEY-----')) return data;
  if (encrypted && passphrase === undefined) throw new PassphraseNeededError();
  const key = open(data, passphrase);
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return Buffer.from(key.export({ format: 'pem', type: 'pkcs1' }));
    case 'ec': {
      const curve = key.asymmetricKeyDetails?.namedCurve ?? '(not named)';
      if (!CURVES.has(curve)) throw new Error(`is an ECDSA key on the curve ${curve}, which SSH cannot use`);
      return Buffer.from(key.export({ format: 'pem', type: 'sec1' }));
    }
    case 'ed25519':
      return inOpenSshForm(key);
    default:
      throw new Error(`is a key of type ${key.asymmetricKeyType}, which SSH cannot use`);
  }
}

export class PassphraseNeededError extends Error {
  constructor() {
    super('is encrypted, and there is no passphrase');
  }
}

/** No passphrase can open it. */
export class UnreadableKey extends Error {}

function open(data: Buffer, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: data, passphrase });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_OSSL_EVP_UNSUPPORTED' && passphrase !== undefined)
      throw new UnreadableKey('is encrypted in a way that OpenSSL no longer supports: encrypt it again (openssl pkcs8 -topk8)');
    throw error;
  }
}

/** Source: OpenSSH, PROTOCOL.key. */
function inOpenSshForm(key: KeyObject): Buffer {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const uint32 = (n: number): Buffer => Buffer.from([0, 0, 0, n]);
  const plain = [packString('ssh-ed25519'), packString(publicKey)];
  const check = randomBytes(4);
  const secret = [packString(Buffer.concat([Buffer.from(d, 'base64url'), publicKey])), packString('')];
  const body = Buffer.concat([check, check, ...plain, ...secret]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, i) => i + 1));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(packString),
    uint32(1),
    packString(Buffer.concat(plain)),
    packString(Buffer.concat([body, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return Buffer.from(['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'));
}
