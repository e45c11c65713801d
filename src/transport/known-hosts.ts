import { createHash, createHmac, randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../base/files.js';
import { matchPattern } from './config/patterns.js';
import { expandHome } from './paths.js';
import type { HostKeyPolicy, Target } from './types.js';

/** One line of a known_hosts file. Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
interface Entry {
  readonly file: string;
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  readonly names: string;
  readonly type: string;
  readonly key: string;
}

/** The parts of a target that decide under which name its key is known. */
export type KeyOwner = Pick<Target, 'address' | 'port'> & { readonly hostKeys?: Pick<HostKeyPolicy, 'alias' | 'hash'> };

export interface ChangedKey {
  readonly kind: 'changed';
  /** Where the host's other key is. */
  readonly file: string;
  readonly line: number;
  readonly type: string;
  readonly fingerprint: string;
}

export type Verdict =
  | { readonly kind: 'known' }
  /** `authority`: file:line of an entry that trusts certificates of the host. */
  | { readonly kind: 'unknown'; readonly authority?: string }
  | { readonly kind: 'revoked'; readonly at: string }
  | ChangedKey;

/** The known_hosts files of one policy. Read again for each connection, because other programs write them too. */
export class KnownHosts {
  readonly files: readonly string[];
  readonly #entries: readonly Entry[];

  constructor(files: readonly string[], globalFiles: readonly string[] = []) {
    this.files = files.map(expandHome);
    this.#entries = [...this.files, ...globalFiles.map(expandHome)].flatMap(readEntries);
  }

  static of(policy: HostKeyPolicy): KnownHosts {
    return new KnownHosts(policy.files, policy.globalFiles);
  }

  /** Key types that are known for a host: the server must present one of them, or its key looks unknown. */
  typesOf(owner: KeyOwner): string[] {
    const name = knownName(owner);
    const own = this.#entries.filter((e) => e.marker === undefined && matches(e.names, name));
    return [...new Set(own.map((e) => e.type))];
  }

  /** @param key in wire format, as the server presented it. */
  verify(owner: KeyOwner, key: Buffer): Verdict {
    const name = knownName(owner);
    const text = key.toString('base64');
    const type = keyType(key);
    const own = this.#entries.filter((e) => matches(e.names, name));
    const revoked = own.find((e) => e.marker === 'revoked' && e.key === text);
    if (revoked) return { kind: 'revoked', at: `${revoked.file}:${revoked.line}` };
    const plain = own.filter((e) => e.marker === undefined);
    if (plain.some((e) => e.key === text)) return { kind: 'known' };
    const other = plain.find((e) => e.type === type) ?? plain[0];
    if (other) {
      const { file, line } = other;
      return { kind: 'changed', file, line, type: other.type, fingerprint: fingerprint(Buffer.from(other.key, 'base64')) };
    }
    // OpenSSH also trusts an entry without the port.
    const portless = { ...owner, port: 22 };
    if (knownName(portless) !== name && this.verify(portless, key).kind === 'known') return { kind: 'known' };
    const authority = own.find((e) => e.marker === 'cert-authority');
    return { kind: 'unknown', authority: authority && `${authority.file}:${authority.line} (@cert-authority)` };
  }

  /** Adds a key to the first file, as OpenSSH does. One write with O_APPEND: two programs at once don't mix their lines. */
  add(owner: KeyOwner, key: Buffer): void {
    const file = this.files[0];
    // Checked again on fresh entries: a hashed line differs each time, so duplicates would not be seen.
    if (file === undefined || file === '/dev/null' || this.verify(owner, key).kind === 'known') return;
    makeFolder(dirname(file), 0o700);
    const exists = existsSync(file);
    const text = exists ? readFileSync(file, 'utf8') : '';
    const name = knownName(owner);
    const line = `${owner.hostKeys?.hash ? hashed(name) : name} ${keyType(key)} ${key.toString('base64')}`;
    appendFileSync(file, `${text !== '' && !text.endsWith('\n') ? '\n' : ''}${line}\n`, { mode: 0o600 });
    if (!exists) chmodSync(file, 0o600);
  }
}

/** `SHA256:…` as ssh-keygen -l prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type at the beginning of a key's wire format. */
export function keyType(key: Buffer): string {
  return key.length < 4 ? '' : key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

/** Whether bytes can be a key of this type: its name and at least one more field, each after its length (RFC 4253, 6.6). */
function isKey(key: Buffer, type: string): boolean {
  if (keyType(key) !== type) return false;
  let [at, fields] = [0, 0];
  while (at + 4 <= key.length) {
    at += 4 + key.readUInt32BE(at);
    fields++;
  }
  return at === key.length && fields > 1;
}

/** How known_hosts names a host: in brackets where the port is not 22. */
export function hostName(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** The name under which a target's key is looked up: its alias, which has no port, or its address in lower case. */
export function knownName(owner: KeyOwner): string {
  return (owner.hostKeys?.alias ?? hostName(owner.address, owner.port)).toLowerCase();
}

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

/** Hundreds of connections need the same file; it is parsed again only when it has changed. */
const cache = new Map<string, { readonly stamp: string; readonly entries: readonly Entry[] }>();

function readEntries(file: string): readonly Entry[] {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    const known = cache.get(file);
    if (known?.stamp === stamp) return known.entries;
    const entries = parseEntries(file, readFileSync(file, 'utf8'));
    cache.set(file, { stamp, entries });
    return entries;
  } catch {
    return [];
  }
}

function parseEntries(file: string, text: string): Entry[] {
  return text.split('\n').flatMap((raw, i) => {
    const fields = raw.trim().split(/[ \t]+/);
    const marker = fields[0]?.startsWith('@') ? fields.shift()?.slice(1) : undefined;
    const [names, type, key] = fields;
    if (!names || !type || !key || names.startsWith('#')) return [];
    if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return [];
    // As in OpenSSH, a line with an invalid key does not count, not even as a changed key.
    if (!isKey(Buffer.from(key, 'base64'), type)) return [];
    return [{ file, line: i + 1, marker, names, type, key }];
  });
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|1|')) {
    const [, , salt, hash] = names.split('|');
    return salt !== undefined && createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  let found = false;
  for (const item of names.toLowerCase().split(',')) {
    const negated = item.startsWith('!');
    if (!matchPattern(name, negated ? item.slice(1) : item)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}
