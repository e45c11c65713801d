import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { expandHome } from '../paths.js';
import type { Target } from '../types.js';
import { type AgentKey, agentKeys } from './agent.js';
import { certifiedKey } from './foreign-key.js';
import { isEncrypted, type Keyring, parse } from './keyring.js';
import { WireReader, wireType } from './wire.js';

const DEFAULT_KEYS = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk'];

/** A way to log in by key: a public key or certificate, and what signs for it. */
export interface Identity {
  /** For messages: the file, or the agent's comment. */
  readonly label: string;
  /** Public key or certificate in wire format; undefined: known only once the key has been opened. */
  readonly blob?: Buffer;
  readonly signer:
    | { readonly kind: 'agent'; readonly socket: string; readonly key: Buffer }
    | { readonly kind: 'file'; readonly path: string };
}

export interface IdentityList {
  readonly identities: readonly Identity[];
  /** Keys that cannot be used, and why. */
  readonly skipped: readonly string[];
}

/**
 * Keys to log in with, in the order they are tried: named files first (through the agent if it has them), each after its
 * certificates; then the agent's other keys, unless IdentitiesOnly. OpenSSH's default files if none is named. Nothing is
 * decrypted here.
 */
export async function listIdentities(target: Target): Promise<IdentityList> {
  const skipped: string[] = [];
  const socket = agentSocket(target);
  const held: AgentKey[] =
    socket === undefined
      ? []
      : await agentKeys(socket).catch((error: Error) => {
          skipped.push(`the agent: ${error.message}`);
          return [];
        });
  const named = [
    ...(target.privateKeyFile === undefined ? [] : [target.privateKeyFile]),
    ...(target.identities?.files ?? []),
  ].map(expandHome);
  const files = named.length > 0 ? named : DEFAULT_KEYS.map((name) => join(homedir(), '.ssh', name));
  const certificates = readCertificates(
    [...(target.identities?.certificates ?? []), ...files.map((f) => `${f}-cert.pub`)],
    target,
    skipped,
  );
  const taken = new Set<AgentKey>();
  const fromFiles = files.flatMap((path): Identity[] => {
    const publicKey = readPublic(path);
    const inAgent = publicKey && held.find((k) => k.blob.equals(publicKey));
    const readable = existsSync(path) ? whyUnusable(path) : 'cannot be read (ENOENT)';
    if (!inAgent && readable !== undefined) {
      if (named.length > 0 || existsSync(path)) skipped.push(`${path}: ${readable}`);
      return [];
    }
    if (inAgent) taken.add(inAgent);
    const signer: Identity['signer'] =
      inAgent && socket !== undefined ? { kind: 'agent', socket, key: inAgent.blob } : { kind: 'file', path };
    const label = inAgent ? `${path} (agent)` : path;
    const own = certificates.filter((c) => publicKey?.equals(certifiedKey(c.blob)));
    return [
      ...own.map((c): Identity => ({ label: `${c.path} (certificate)`, blob: c.blob, signer })),
      { label, blob: publicKey, signer },
    ];
  });
  const others = target.identities?.only
    ? []
    : held
        .filter((k) => !taken.has(k))
        .map(
          (k): Identity => ({
            label: `${k.comment || wireType(k.blob)} (agent)`,
            blob: k.blob,
            signer: { kind: 'agent', socket: socket ?? '', key: k.blob },
          }),
        );
  // Named files come first, because the user chose them; the default ones last, as in OpenSSH.
  return { identities: named.length > 0 ? [...fromFiles, ...others] : [...others, ...fromFiles], skipped };
}

function agentSocket(target: Target): string | undefined {
  const socket = target.identities?.agent ?? process.env.SSH_AUTH_SOCK;
  return socket === undefined || socket === '' || socket === 'none' ? undefined : socket;
}

function whyUnusable(path: string): string | undefined {
  try {
    const { uid, mode } = statSync(path);
    // OpenSSH refuses a key of ours that others may read (sshkey_perm_ok).
    if (uid === process.getuid?.() && (mode & 0o077) !== 0)
      return `other users may read it (mode ${(mode & 0o777).toString(8)}): chmod 600 ${path}`;
    const key = parse(readFileSync(path));
    return key instanceof Error && !isEncrypted(key) ? key.message : undefined;
  } catch (error) {
    return `cannot be read (${error instanceof Error && 'code' in error ? error.code : 'error'})`;
  }
}

/** The public part of a private key: from the .pub file, or from the key file, where OpenSSH's format has it in clear text. */
export function readPublic(path: string): Buffer | undefined {
  const beside = readPublicFile(`${path}.pub`);
  if (beside) return beside;
  try {
    const text = readFileSync(path, 'latin1');
    const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text)?.[1];
    if (body !== undefined) {
      const reader = new WireReader(Buffer.from(body, 'base64')).skip('openssh-key-v1\0'.length);
      reader.string();
      reader.string();
      reader.string();
      return reader.uint32() > 0 ? Buffer.from(reader.string()) : undefined;
    }
    const key: ParsedKey | Error = parse(Buffer.from(text, 'latin1'));
    // The file of -i may be the public part of a key that only the agent has.
    return key instanceof Error ? readPublicFile(path) : key.getPublicSSH();
  } catch {
    return undefined;
  }
}

function readPublicFile(path: string): Buffer | undefined {
  try {
    const [type, data] = readFileSync(path, 'utf8').trim().split(/\s+/);
    const blob = Buffer.from(data ?? '', 'base64');
    return type !== undefined && wireType(blob) === type ? blob : undefined;
  } catch {
    return undefined;
  }
}

interface Certificate {
  readonly path: string;
  readonly blob: Buffer;
}

function readCertificates(paths: readonly string[], target: Target, skipped: string[]): Certificate[] {
  const named = target.identities?.certificates ?? [];
  return [...new Set(paths.map(expandHome))].flatMap((path) => {
    const blob = readPublicFile(path);
    try {
      if (blob && certifiedKey(blob)) return [{ path, blob }];
    } catch (error) {
      skipped.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
    if (named.some((n) => expandHome(n) === path)) skipped.push(`${path}: not a certificate, or not readable`);
    return [];
  });
}

/** The key of an identity in ssh2's form. */
export async function parsedPublic(identity: Identity, keyring: Keyring): Promise<ParsedKey> {
  if (identity.blob === undefined) {
    if (identity.signer.kind === 'agent') throw new Error('has no public part');
    return keyring.open(identity.signer.path);
  }
  const parsed: ParsedKey | Error = ssh2.utils.parseKey(`${wireType(identity.blob)} ${identity.blob.toString('base64')}`);
  if (parsed instanceof Error) throw parsed;
  return parsed;
}
