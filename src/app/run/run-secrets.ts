import { randomBytes, randomInt } from 'node:crypto';
import type { RunSecrets } from '../../roles/role.js';
import { Secret } from '../../shell/secret.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** New for each run: no secret of the cluster is kept on this machine. */
export function newRunSecrets(): RunSecrets {
  return {
    joinToken: new Secret('join-token', `${characters(6)}.${characters(16)}`),
    certificateKey: new Secret('certificate-key', randomBytes(32).toString('hex')),
  };
}

function characters(count: number): string {
  return Array.from({ length: count }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
