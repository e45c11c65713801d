import { createHash, createHmac } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';

/** One line of a known_hosts file. Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
interface Entry {
  readonly file: string;
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  readonly names: string;
  readonly type: string;
  readonly key: string;
}

export type Verdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'revoked'; readonly at: string }
  /** Another key of the same type is known; `at` is file:line. */
  | { readonly kind: 'changed'; readonly at: string; readonly fingerprint: string };

/** The known_hosts files of one policy, read anew for each connection: other programs write them too. */
export class KnownHosts {
  readonly files: readonly string[];
  readonly #entries: readonly Entry[];

  constructor(files: readonly string[]) {
    this.files = files.map(expandHome);
    this.#entries = this.files.flatMap(readEntries);
  }

  /** Key types that are known for a machine: the server shall show one of those, or it looks like a stranger. */
  typesOf(host: string, port: number): string[] {
    const own = this.#entries.filter((e) => e.marker === undefined && matches(e.names, host, port));
    return [...new Set(own.map((e) => e.type))];
  }

  /** @param key the key's wire format, as the server showed it. */
  verify(host: string, port: number, key: Buffer): Verdict {
    const text = key.toString('base64');
    const type = keyType(key);
    const own = this.#entries.filter((e) => matches(e.names, host, port));
    const revoked = own.find((e) => e.marker === 'revoked' && e.key === text);
    if (revoked) return { kind: 'revoked', at: `${revoked.file}:${revoked.line}` };
    const plain = own.filter((e) => e.marker === undefined);
    if (plain.some((e) => e.key === text)) return { kind: 'known' };
    const other = plain.find((e) => e.type === type) ?? plain[0];
    if (!other) return { kind: 'unknown' };
    return { kind: 'changed', at: `${other.file}:${other.line}`, fingerprint: fingerprint(Buffer.from(other.key, 'base64')) };
  }

  /** Adds a key to the first file, as OpenSSH does. One write with O_APPEND: two programs at once don't mix their lines. */
  add(host: string, port: number, key: Buffer): void {
    const file = this.files[0];
    if (file === undefined) return;
    const dir = dirname(file);
    if (!existsSync(dir)) mkdirSync(dir, { recursive: true, mode: 0o700 });
    const exists = existsSync(file);
    const text = exists ? readFileSync(file, 'utf8') : '';
    const line = `${hostName(host, port)} ${keyType(key)} ${key.toString('base64')}`;
    if (text.split('\n').includes(line)) return;
    appendFileSync(file, `${text !== '' && !text.endsWith('\n') ? '\n' : ''}${line}\n`, { mode: 0o600 });
    if (!exists) chmodSync(file, 0o600);
  }
}

/** `SHA256:…` as ssh-keygen -l prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that stands at the beginning of a key's wire format. */
export function keyType(key: Buffer): string {
  return key.length < 4 ? '' : key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

/** How known_hosts names a machine: with brackets where the port is not 22. */
export function hostName(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? homedir() + path.slice(1) : path;
}

function readEntries(file: string): Entry[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((raw, i) => {
    const fields = raw.trim().split(/[ \t]+/);
    const marker = fields[0]?.startsWith('@') ? fields.shift()?.slice(1) : undefined;
    const [names, type, key] = fields;
    if (!names || !type || !key || names.startsWith('#')) return [];
    if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return [];
    return [{ file, line: i + 1, marker, names, type, key }];
  });
}

function matches(names: string, host: string, port: number): boolean {
  const name = hostName(host, port);
  if (names.startsWith('|1|')) {
    const [, , salt, hash] = names.split('|');
    return salt !== undefined && createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  let found = false;
  for (const pattern of names.split(',')) {
    const negated = pattern.startsWith('!');
    if (!wildcard(negated ? pattern.slice(1) : pattern).test(name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

function wildcard(pattern: string): RegExp {
  const body = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${body}$`, 'i');
}
