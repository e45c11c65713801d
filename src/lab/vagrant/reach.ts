import { setTimeout as sleep } from 'node:timers/promises';
import { InterruptedError, UnreachableError } from '../../base/errors.js';
import { tryExec } from '../box/exec.js';
import { inParallel } from '../box/pool.js';
import type { OnProgress } from '../provider.js';
import type { VagrantMachine } from './machines.js';
import type { SshLogin } from './tool/ssh-config.js';

/** How a machine is reached from here, and its host keys. */
export interface Reach extends SshLogin {
  readonly name: string;
  /** The address in the machines' own network. */
  readonly address: string;
  /** `type key`, as in known_hosts. */
  readonly hostKeys: readonly string[];
}

const KILL_TIMEOUT_MS = 120_000;

/**
 * Waits until every machine's sshd answers, and finds the best way to each: its own address if that leads to the same
 * machine (then cluster and operator use one address and port 22), else as Vagrant itself does, often a forwarded port.
 * The host key decides whether it is the same machine: another one may have the address.
 *
 * @throws UnreachableError that names the machines that do not answer.
 */
export async function reachMachines(
  machines: readonly VagrantMachine[],
  logins: ReadonlyMap<string, SshLogin>,
  onProgress: OnProgress,
  stop?: AbortSignal,
  patienceMs = KILL_TIMEOUT_MS,
): Promise<Reach[]> {
  const found = new Map<string, Reach>();
  const silent: string[] = [];
  await inParallel(machines, 10, async (machine) => {
    const login = logins.get(machine.name);
    const keys = login && (await waitForKeys(login, stop, patienceMs));
    if (!login || !keys) {
      silent.push(
        login ? `${machine.name} (${login.host}, port ${login.port})` : `${machine.name} (Vagrant knows no login for it)`,
      );
      return;
    }
    const direct = await hostKeys(machine.address, 22);
    const same = direct.some((key) => keys.includes(key));
    if (direct.length > 0 && !same) {
      onProgress({
        stage: machine.name,
        text: `another machine answers on ${machine.address}: using ${login.host}, port ${login.port}`,
        stays: true,
      });
    }
    const way = same ? { host: machine.address, port: 22 } : { host: login.host, port: login.port };
    found.set(machine.name, { ...login, ...way, name: machine.name, address: machine.address, hostKeys: keys });
    const port = way.port === 22 ? '' : `, port ${way.port}`;
    onProgress({ stage: machine.name, text: `sshd answers on ${way.host}${port}`, over: true });
  });
  if (stop?.aborted) throw new InterruptedError({ what: 'Interrupted' });
  if (silent.length > 0) {
    throw new UnreachableError({
      what: `${silent.length} of ${machines.length} machines do not answer over SSH: ${silent.join(', ')}`,
      why: 'Vagrant reports them as up',
      fix: 'Log in to one with `vagrant ssh NAME` in the lab’s directory, then run `kubewright lab up` again: it resumes',
    });
  }
  return machines.flatMap((m) => found.get(m.name) ?? []);
}

async function waitForKeys(login: SshLogin, stop: AbortSignal | undefined, patienceMs: number): Promise<string[] | undefined> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const keys = await hostKeys(login.host, login.port);
    if (keys.length > 0) return keys;
    if (Date.now() > end || stop?.aborted) return undefined;
    await sleep(1000);
  }
}

/** A server's host keys, as `type key`; empty: it does not answer. */
async function hostKeys(host: string, port: number): Promise<string[]> {
  const { stdout } = await tryExec(['ssh-keyscan', '-T', '5', '-p', String(port), '-t', 'ed25519,ecdsa,rsa', host]);
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/).slice(1, 3).join(' '))
    .filter((key) => key.includes(' '));
}

/** Lines of a known_hosts file: the name, the address in the lab, and the way that we use. */
export function knownHostsText(machines: readonly Reach[]): string {
  return machines
    .flatMap((m) => {
      const names = new Set([m.name, m.address, m.port === 22 ? m.host : `[${m.host}]:${m.port}`]);
      return m.hostKeys.map((key) => `${[...names].join(',')} ${key}\n`);
    })
    .join('');
}
