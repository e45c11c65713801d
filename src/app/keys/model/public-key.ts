import { fingerprint, keyType } from '../../../transport/known-hosts.js';

/** A public key as OpenSSH writes it. */
export interface PublicKey {
  readonly type: string;
  /** Base64. */
  readonly blob: string;
  /** Without control characters; may be empty. */
  readonly comment: string;
}

/**
 * Reads only `type blob comment`: what a host reports as its public key goes into the authorized_keys of the
 * others, so leading options and invalid keys must not get through. Undefined if it is not a valid key.
 */
export function parsePublicKey(text: string): PublicKey | undefined {
  const match = /^((?:ssh|ecdsa|sk)-[A-Za-z0-9@.-]+) +([A-Za-z0-9+/]+={0,2})(?: +(.*))?$/.exec(text.trim());
  const [, type, blob, comment = ''] = match ?? [];
  if (!type || !blob || keyType(Buffer.from(blob, 'base64')) !== type) return undefined;
  return { type, blob, comment: comment.replaceAll(/[\x00-\x1f\x7f]/g, '').trim() };
}

/** The same key, with any comment. */
export function sameKey(a: PublicKey, b: PublicKey): boolean {
  return a.blob === b.blob;
}

/** `SHA256:…`, as ssh-keygen -l prints it. */
export function fingerprintOf(key: PublicKey): string {
  return fingerprint(Buffer.from(key.blob, 'base64'));
}

/** Comment that tells later whose key it was, even if the host is gone. */
export function marker(name: string): string {
  return `kubewright:${name}`;
}

/** The line of authorized_keys for a host's key. */
export function authorizedLine(key: PublicKey, name: string): string {
  const words = key.comment.split(' ').filter((w) => w !== '' && !w.startsWith('kubewright:'));
  return [key.type, key.blob, ...words, marker(name)].join(' ');
}
