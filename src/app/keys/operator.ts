import { execFile, spawn } from 'node:child_process';
import { access, mkdir, readFile } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KubewrightError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';
import { readPublic } from '../../transport/auth/identities.js';
import { wireType } from '../../transport/auth/wire.js';
import { expandHome } from '../../transport/paths.js';
import type { KeyKind } from './model/model.js';
import { type PublicKey, parsePublicKey, sameKey } from './model/public-key.js';

const run = promisify(execFile);
const DEFAULT_FILES = ['id_ed25519', 'id_ed25519_sk', 'id_ecdsa', 'id_ecdsa_sk', 'id_rsa'];

export interface OperatorKeys {
  readonly keys: readonly PublicKey[];
  /** Their private keys; empty: an agent has them. */
  readonly files: readonly string[];
  /** Path of a pair that was made because there was none (in a dry run: would be). */
  readonly made?: string;
}

/**
 * The operator's public keys: the pairs of ~/.ssh, those of the private keys that are used to connect, or else the agent's.
 * If there is none, a pair is made.
 */
export async function operatorKeys(used: readonly string[], kind: KeyKind, dry: boolean): Promise<OperatorKeys> {
  const files = [...DEFAULT_FILES.map((f) => join(homedir(), '.ssh', f)), ...used.map(expandHome)];
  const found = await Promise.all([...new Set(files)].map(async (path) => ({ path, key: await publicKeyOf(path) })));
  const own = found.flatMap(({ path, key }) => (key ? [{ path, key }] : []));
  const keys = unique(own.length > 0 ? own.map((o) => o.key) : await agentKeys());
  if (keys.length > 0) return { keys, files: own.map((o) => o.path) };
  const made = join(homedir(), '.ssh', `id_${kind.type}`);
  if (dry) return { keys: [], files: [], made };
  await makeKeyPair(made, kind);
  const key = await publicKeyOf(made);
  return { keys: key ? [key] : [], files: [made], made };
}

/** The public half of a private key file: its .pub, or derived from it. Undefined if there is neither. */
async function publicKeyOf(path: string): Promise<PublicKey | undefined> {
  const text = await readFile(`${path}.pub`, 'utf8').catch(() => '');
  const written = parsePublicKey(text.split('\n')[0] ?? '');
  if (written) return written;
  if (
    !(await access(path).then(
      () => true,
      () => false,
    ))
  )
    return undefined;
  // With an empty passphrase, so encrypted keys stay locked.
  const derived = await run('ssh-keygen', ['-y', '-P', '', '-f', path]).catch(() => undefined);
  if (derived) return parsePublicKey(derived.stdout.split('\n')[0] ?? '');
  // What ssh-keygen cannot read: ed25519 in PKCS #8 before OpenSSH 9.6; the public part of an encrypted key of OpenSSH's.
  const blob = readPublic(path);
  return blob && parsePublicKey(`${wireType(blob)} ${blob.toString('base64')}`);
}

async function agentKeys(): Promise<PublicKey[]> {
  if (!process.env.SSH_AUTH_SOCK) return [];
  const listed = await run('ssh-add', ['-L']).catch(() => undefined);
  return (listed?.stdout ?? '').split('\n').flatMap((l) => parsePublicKey(l) ?? []);
}

function unique(keys: readonly PublicKey[]): PublicKey[] {
  return keys.filter((k, i) => keys.findIndex((o) => sameKey(o, k)) === i);
}

/** @throws KubewrightError if ssh-keygen is missing or fails. */
async function makeKeyPair(path: string, kind: KeyKind): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  const bits = kind.bits === undefined ? [] : ['-b', String(kind.bits)];
  const comment = `${userInfo().username}@${hostname()}`;
  const args = ['-q', '-t', kind.type, ...bits, '-N', '', '-C', comment, '-f', path];
  await new Promise<void>((resolve, reject) => {
    // No stdin: if it asks a question, it must not wait for an answer.
    const child = spawn('ssh-keygen', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const fail = (why: string, cause?: unknown): void =>
      reject(
        new KubewrightError({
          what: 'Your own key pair could not be made',
          where: wholeFile(path),
          why,
          fix: 'Install openssh-client and run ssh-keygen',
          cause,
        }),
      );
    child.on('error', (error) => fail(error.message, error));
    child.on('close', (code) => (code === 0 ? resolve() : fail(said.trim() || `ssh-keygen ended with ${code}`)));
  });
}
