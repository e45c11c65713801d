import ssh2, { type Client } from 'ssh2';
import { Authentication } from './auth.js';
import { fromConnectError, TransportError } from './errors.js';
import { fingerprint, hostName, KnownHosts } from './known-hosts.js';
import type { Session, Target, Transport } from './port.js';
import { SshSession } from './ssh-session.js';

/** Key types of host keys in our order of preference. */
const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
] as const;

/** Seconds: a dead connection is noticed after interval × count. */
const KEEPALIVE_INTERVAL_MS = 5000;
const KEEPALIVE_COUNT = 3;

/** SSH by ssh2. Host keys are always verified; what `off` lets pass is the caller's to warn of. */
export function createSshTransport(): Transport {
  return { connect };
}

function connect(target: Target, signal?: AbortSignal): Promise<Session> {
  const where = `${target.name} (${target.address}:${target.port})`;
  const interrupted = (): TransportError => new TransportError('lost', { what: 'Interrupted while connecting', where });
  // A signal that is aborted already tells nobody any more.
  if (signal?.aborted) return Promise.reject(interrupted());
  const known = new KnownHosts(target.hostKeys.files);
  const authentication = new Authentication(target);
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    let refused: TransportError | undefined;
    let hostKey: Buffer | undefined;
    let settled = false;
    const fail = (error: TransportError): void => {
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', onAbort);
      client.end();
      client.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(interrupted());
    signal?.addEventListener('abort', onAbort, { once: true });

    client.on('ready', () => {
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', onAbort);
      resolve(new SshSession(target, client, hostKey));
    });
    client.on('error', (error: Error) => {
      if (refused) return fail(refused);
      if ('level' in error && error.level === 'client-authentication')
        return fail(authError(target, where, authentication, error));
      fail(fromConnectError(error, where));
    });
    client.on('close', () => fail(refused ?? fromConnectError(new Error('Connection lost before handshake'), where)));
    client.connect({
      host: target.address,
      port: target.port,
      username: target.user,
      readyTimeout: target.timeoutMs,
      keepaliveInterval: KEEPALIVE_INTERVAL_MS,
      keepaliveCountMax: KEEPALIVE_COUNT,
      authHandler: authentication.handler,
      algorithms: { serverHostKey: preferred(known.typesOf(target.address, target.port)) },
      hostVerifier: (key: Buffer): boolean => {
        refused = checkHostKey(target, known, key, where);
        hostKey = Buffer.from(key);
        return refused === undefined;
      },
    });
  });
}

/** Types that are known come first: a host known by its RSA key must not look changed because it also has a newer one. */
function preferred(knownTypes: readonly string[]): (typeof HOST_KEY_ALGORITHMS)[number][] {
  const isKnown = (a: string): boolean => knownTypes.includes(a.startsWith('rsa-') ? 'ssh-rsa' : a);
  return [...HOST_KEY_ALGORITHMS.filter(isKnown), ...HOST_KEY_ALGORITHMS.filter((a) => !isKnown(a))];
}

function checkHostKey(target: Target, known: KnownHosts, key: Buffer, where: string): TransportError | undefined {
  const { mode } = target.hostKeys;
  if (mode === 'off') return undefined;
  const verdict = known.verify(target.address, target.port, key);
  const file = known.files[0] ?? '~/.ssh/known_hosts';
  switch (verdict.kind) {
    case 'known':
      return undefined;
    case 'unknown':
      if (mode === 'accept-new') {
        // Read again: another connection of this run may have added it meanwhile.
        new KnownHosts(target.hostKeys.files).add(target.address, target.port, key);
        return undefined;
      }
      return new TransportError('host-key', {
        what: 'The host key is not known',
        where,
        why: `It shows ${fingerprint(key)}, and unknown keys are refused (strict)`,
        todo: `Compare it with ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub on the machine, then: ssh-keyscan -p ${target.port} ${target.address} >> ${file}`,
      });
    case 'revoked':
      return new TransportError('host-key', {
        what: 'The host key has been revoked',
        where,
        why: `${verdict.at} revokes ${fingerprint(key)}`,
        todo: 'Do not connect. Give the machine new host keys',
      });
    case 'changed':
      return new TransportError('host-key', {
        what: 'The host key has changed',
        where,
        why: `It shows ${fingerprint(key)}; ${verdict.at} knows ${verdict.fingerprint}. Somebody may be listening in, or the machine was installed anew`,
        todo: `If the machine was installed anew: ssh-keygen -f ${verdict.at.replace(/:\d+$/, '')} -R '${hostName(target.address, target.port)}'`,
      });
  }
}

function authError(target: Target, where: string, a: Authentication, cause: Error): TransportError {
  const tried =
    a.tried.length > 0 ? `Tried: ${a.tried.join(', ')}` : 'There was nothing to try: no usable key, no agent, no password';
  const offered = a.offered.length > 0 ? `\nThe server offers: ${a.offered.join(', ')}` : '';
  const skipped = a.skipped.length > 0 ? `\nNot used: ${a.skipped.join('; ')}` : '';
  return new TransportError('auth', {
    what: `The machine does not let ${target.user} in`,
    where,
    why: `${tried}${offered}${skipped}`,
    todo: 'Correct ansible_user, ansible_password or ansible_ssh_private_key_file; --ask-pass asks for a password, `kubewright keys distribute` brings your key there',
    cause,
  });
}

export type { Client };
