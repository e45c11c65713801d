import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KubewrightError } from '../errors.js';
import { operatorPublicKeys } from './distribute-keys.js';

/** Makes ~/.ssh/id_ed25519 when the operator has no key pair at all. Returns its path when it was made. */
export async function ensureOperatorKey(): Promise<string | undefined> {
  if ((await operatorPublicKeys()).length > 0) return undefined;
  const dir = join(homedir(), '.ssh');
  const path = join(dir, 'id_ed25519');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    await promisify(execFile)('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-C',
      `${userInfo().username}@${hostname()}`,
      '-f',
      path,
    ]);
  } catch (cause) {
    throw new KubewrightError({
      what: 'No key pair of your own could be made',
      where: path,
      why: cause instanceof Error ? cause.message : undefined,
      todo: 'Install openssh-client and run ssh-keygen',
      cause,
    });
  }
  return path;
}
