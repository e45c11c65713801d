import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError, KubewrightError } from '../../base/errors.js';
import type { Host, Inventory } from '../../inventory/model/model.js';
import { resolvePattern } from '../../inventory/pattern/pattern.js';
import { quote } from '../../shell/shell.js';
import type { Target } from '../../transport/types.js';
import { withAnsibleConfig } from '../connect/ansible-config.js';
import { readCredentials } from '../connect/credentials.js';
import type { ConnectionOptions, VaultOptions } from '../connect/options.js';
import { flagsOf, targetFromHost } from '../connect/targets.js';
import { readInventory } from '../inventory/read.js';
import { type Askpass, startAskpass } from './askpass.js';
import { openSshConfig } from './openssh-config.js';

export interface SshCommandOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly vault?: VaultOptions;
  readonly host: string;
  readonly command: readonly string[];
  readonly connection: ConnectionOptions;
}

/**
 * `ssh`: OpenSSH with the host's address, port, user, keys, known_hosts and jump hosts. Settings are passed in a configuration
 * file, passwords over a socket that only this user can open; neither is in an argument or the environment.
 *
 * @returns ssh's own exit code.
 */
export async function runSsh(o: SshCommandOptions): Promise<number> {
  const inventory = await readInventory(o);
  const names = resolvePattern(inventory, o.host);
  const host = inventory.hosts.get(names[0] ?? '');
  if (!host || names.length !== 1) {
    throw new InputError({
      what: names.length > 1 ? `${o.host} matches ${names.length} hosts` : `There is no host ${o.host}`,
      fix: 'Name one host of the inventory',
    });
  }
  return await withOpenSsh(inventory, host, o.connection, [], remoteCommand(o.command));
}

/**
 * Starts OpenSSH for one host.
 * @param options in front of the name; @param command behind it.
 * @returns ssh's own exit code.
 */
export async function withOpenSsh(
  inventory: Inventory,
  host: Host,
  given: ConnectionOptions,
  options: readonly string[],
  command: readonly string[],
): Promise<number> {
  const { password } = await readCredentials(given);
  const connection = withAnsibleConfig(given);
  const target = targetFromHost(host, {
    ...flagsOf(connection),
    lookup: (name) => inventory.hosts.get(name),
    password,
  });
  if (target.connection === 'local')
    throw new InputError({ what: `${host.name} is this machine itself (ansible_connection: local)`, fix: 'Open a shell here' });
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-ssh-'));
  let askpass: Askpass | undefined;
  try {
    const config = join(dir, 'config');
    writeFileSync(config, openSshConfig(target, given.sshConfig), { mode: 0o600 });
    askpass = hasPassword(target) ? await startAskpass(dir, target) : undefined;
    // Without options it is a login: there Ctrl-C belongs to what runs on the host.
    const signals: readonly NodeJS.Signals[] = options.length > 0 ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : [];
    return await run(['-F', config, ...options, target.name, ...command], { ...process.env, ...askpass?.environment }, signals);
  } finally {
    askpass?.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function hasPassword(target: Target): boolean {
  return target.password !== undefined || (target.jumps ?? []).some((j) => j.password !== undefined);
}

/** ssh joins its arguments with spaces for the remote shell to split, so several words are quoted. A single word is a command line. */
function remoteCommand(words: readonly string[]): string[] {
  if (words.length === 0) return [];
  return ['--', words.length === 1 ? (words[0] ?? '') : words.map(quote).join(' ')];
}

/** @param passed signals that end ssh as well, wherever they come from. */
function run(args: readonly string[], env: NodeJS.ProcessEnv, passed: readonly NodeJS.Signals[]): Promise<number> {
  // ssh gets Ctrl-C itself and passes it on.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  let end: NodeJS.SignalsListener = ignore;
  return new Promise<number>((resolve, reject) => {
    const child = spawn('ssh', args, { stdio: 'inherit', env });
    end = () => child.kill('SIGTERM');
    for (const signal of passed) process.on(signal, end);
    child.on('error', (cause) =>
      reject(new KubewrightError({ what: 'Cannot start ssh', why: cause.message, fix: 'Install openssh-client', cause })),
    );
    child.on('close', (code) => resolve(code ?? 130));
  }).finally(() => {
    process.off('SIGINT', ignore);
    for (const signal of passed) process.off(signal, end);
  });
}
