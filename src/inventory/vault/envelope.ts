import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

/** Ansible Vault's format. Source: https://docs.ansible.com/ansible/latest/vault_guide/vault_using_encrypted_content.html */
export interface Envelope {
  readonly version: '1.1' | '1.2';
  /** The vault id, `default` if the file names no id. */
  readonly label: string;
  readonly salt: Buffer;
  readonly hmac: Buffer;
  readonly data: Buffer;
}

const HEADER = /^\uFEFF?\$ANSIBLE_VAULT;/;
const ROUNDS = 10_000;

export function isEncrypted(text: string): boolean {
  return HEADER.test(text.trimStart());
}

/** @returns the reason why the envelope cannot be opened. */
export function parseEnvelope(text: string): Envelope | string {
  const [header = '', ...lines] = text
    .replace(/^\uFEFF/, '')
    .trim()
    .split(/\r?\n/);
  const [magic, version, cipher, label] = header.trim().split(';');
  if (magic !== '$ANSIBLE_VAULT') return 'It does not begin with $ANSIBLE_VAULT';
  if (version !== '1.1' && version !== '1.2') return `Its format ${version ?? ''} is neither 1.1 nor 1.2`;
  if (cipher !== 'AES256') return `Its cipher ${cipher ?? ''} is not AES256`;
  const parts = hex(lines.join('').replaceAll(/\s/g, ''))?.toString('latin1').split('\n') ?? [];
  const [salt, hmac, data] = parts.map(hex);
  if (parts.length !== 3 || !salt || !hmac || !data) return 'Its text is cut off or changed';
  return { version, label: label?.trim() || 'default', salt, hmac, data };
}

function hex(text: string): Buffer | undefined {
  return text.length % 2 === 0 && /^[\da-fA-F]*$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}

/** @returns undefined if the password is wrong. */
export function openEnvelope(e: Envelope, password: string): string | undefined {
  const keys = pbkdf2Sync(password, e.salt, ROUNDS, 80, 'sha256');
  const expected = createHmac('sha256', keys.subarray(32, 64)).update(e.data).digest();
  if (expected.length !== e.hmac.length || !timingSafeEqual(expected, e.hmac)) return undefined;
  const cipher = createDecipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64, 80));
  const padded = Buffer.concat([cipher.update(e.data), cipher.final()]);
  const padding = padded.at(-1) ?? 0;
  return padded.subarray(0, padding >= 1 && padding <= 16 ? -padding : undefined).toString('utf8');
}
