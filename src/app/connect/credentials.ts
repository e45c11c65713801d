import { Writable } from 'node:stream';
import { InputError } from '../../base/errors.js';
import { Secret } from '../../shell/secret.js';
import { withAnsibleConfig } from './ansible-config.js';
import type { ConnectionOptions } from './options.js';
import { Questions } from './questions.js';

export interface Credentials {
  readonly password?: Secret;
  readonly becomePassword?: Secret;
}

const known = new WeakMap<ConnectionOptions, Promise<Credentials>>();

/** Passwords from the environment, or asked for once per command. Never from an argument. */
export function readCredentials(o: ConnectionOptions): Promise<Credentials> {
  const credentials = known.get(o) ?? read(withAnsibleConfig(o));
  known.set(o, credentials);
  return credentials;
}

async function read(o: ConnectionOptions): Promise<Credentials> {
  const password =
    fromEnv('KUBEWRIGHT_SSH_PASSWORD', 'ssh-password') ??
    (o.askPass ? await askSecret('SSH password: ', 'ssh-password') : undefined);
  const becomePassword =
    fromEnv('KUBEWRIGHT_BECOME_PASSWORD', 'become-password') ??
    (o.askBecomePass ? await askSecret('sudo password (empty: the SSH password): ', 'become-password') : undefined);
  return { password, becomePassword: becomePassword?.reveal() === '' ? password : becomePassword };
}

/** The passphrase of an encrypted key: from the environment, or asked for on a terminal. */
export async function askPassphrase(path: string, again: boolean): Promise<string | undefined> {
  const given = process.env.KUBEWRIGHT_KEY_PASSPHRASE;
  if (given !== undefined) return again ? undefined : given;
  if (!process.stdin.isTTY) return undefined;
  if (again) process.stderr.write('Wrong passphrase, try again.\n');
  return (await askSecret(`Passphrase of ${path}: `, 'key-passphrase')).reveal();
}

function fromEnv(variable: string, name: string): Secret | undefined {
  const value = process.env[variable];
  return value === undefined ? undefined : new Secret(name, value);
}

const INSTEAD = 'Set KUBEWRIGHT_SSH_PASSWORD or KUBEWRIGHT_BECOME_PASSWORD in the environment instead';

/**
 * Asks on the terminal without echo.
 * @param instead the hint of the error.
 * @throws InputError without a terminal or an answer. InterruptedError at Ctrl-C.
 */
export async function askSecret(question: string, name: string, instead = INSTEAD): Promise<Secret> {
  if (!process.stdin.isTTY) throw new InputError({ what: 'Cannot ask for a password: there is no terminal', fix: instead });
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const questions = new Questions(silent, instead);
  try {
    const answer = questions.ask('');
    // Written only now, when echo is off and signals are handled.
    process.stderr.write(question);
    return new Secret(name, await answer);
  } finally {
    questions.close();
    process.stderr.write('\n');
  }
}
