import { isForeign } from './foreign-key.js';

/** The algorithm with which a key signs a login. */
export interface SignatureAlgorithm {
  /** As named on the wire. */
  readonly name: string;
  /** ssh2 cannot do it, or would choose another one: we sign, and correct its packet. */
  readonly own: boolean;
}

/**
 * @param type the key's, from its wire format.
 * @param accepted PubkeyAcceptedAlgorithms; undefined: everything that OpenSSH accepts.
 * @returns undefined: the key may not be used.
 */
export function signatureAlgorithm(type: string, accepted?: readonly string[]): SignatureAlgorithm | undefined {
  const rsa = /^ssh-rsa(-cert-v01@openssh\.com)?$/.exec(type);
  if (!rsa) return !accepted || accepted.includes(type) ? { name: type, own: isForeign(type) } : undefined;
  const certificate = rsa[1] ?? '';
  const sha2 = ['rsa-sha2-512', 'rsa-sha2-256'].map((name) => name + certificate);
  // A plain RSA key is left to ssh2, which signs with SHA-1 for old servers that know nothing else, unless that is forbidden.
  if (certificate === '' && (!accepted || accepted.includes('ssh-rsa'))) return { name: type, own: false };
  const name = (accepted ?? sha2).find((a) => sha2.includes(a));
  return name === undefined ? undefined : { name, own: true };
}

/** The hash of an RSA signature; undefined: the algorithm leaves no choice. */
export function hashOf(algorithm: string): 'sha256' | 'sha512' | undefined {
  const bits = /^rsa-sha2-(256|512)/.exec(algorithm)?.[1];
  return bits === undefined ? undefined : bits === '256' ? 'sha256' : 'sha512';
}
