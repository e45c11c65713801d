import { randomBytes, randomInt } from 'node:crypto';
import type { RunSecrets } from '../../roles/role.js';
import { Secret } from '../../shell/secret.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Fresh for each run: nothing that the cluster needs is kept on the operator's machine. */
export function newRunSecrets(): RunSecrets {
  return {
    joinToken: new Secret('join-token', `${letters(6)}.${letters(16)}`),
    certificateKey: new Secret('certificate-key', randomBytes(32).toString('hex')),
  };
}

function letters(count: number): string {
  return Array.from({ length: count }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
