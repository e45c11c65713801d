import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkAll, type DistributeKeysOptions, distributeAll } from '../../src/app/keys/keys.js';
import { revokeAll } from '../../src/app/keys/revoke-keys.js';
import { TransportError } from '../../src/transport/errors.js';
import { createTransport } from '../../src/transport/transport.js';
import type { Target } from '../../src/transport/types.js';
import { KeysFleet, reason } from '../support/fleet/keys.js';
import { freePort, testTarget } from '../support/fleet/sshd.js';

const loopback = Object.values(networkInterfaces()).some((all) => all?.some((a) => a.address === '::1'));
const missing = reason ?? (loopback ? undefined : 'needs ::1');
const NAMES = ['v1', 'v2', 'v3'];

describe.skipIf(missing)(`IPv6${missing ? ` (${missing})` : ''}`, { timeout: 60_000 }, async () => {
  const ports = missing ? [] : await Promise.all(NAMES.map(() => freePort()));
  const setup = `case $(hostname) in ${NAMES.map((n, i) => `${n}) port=${ports[i]} ;;`).join(' ')} esac
    echo "ListenAddress [::1]:$port" >> /etc/ssh/sshd_config`;
  const m = new KeysFleet({ count: 3, prefix: 'v', setup });
  const transport = createTransport();
  let inventory = '';
  beforeAll(() => {
    inventory = join(m.fleet.dir, 'six.ini');
    const lines = NAMES.map((n, i) => `${n} ansible_host=::1 ansible_port=${ports[i]} ansible_user=kw`);
    writeFileSync(inventory, `${lines.join('\n')}\n`);
  });
  const options = (): DistributeKeysOptions => m.options({ inventory: [inventory] });
  const known = (name: string): string => join(m.operatorHome, name);
  const hostKey = (name: string): string =>
    readFileSync(join(m.host(name).dir, 'ssh/ssh_host_ed25519_key.pub'), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');

  it('keys are distributed among machines on ::1, and all log in to all', async () => {
    const { results } = await distributeAll(options());
    expect(results.map((r) => [r.host, r.error?.parts, r.changes.map((c) => `${c.kind} ${c.count}`)])).toEqual(
      NAMES.map((n) => [n, undefined, ['made 1', 'authorized 3', 'known 4']]),
    );
    expect(m.read('v1', 'known_hosts')).toContain(`[v2]:${ports[1]},[::1]:${ports[1]} ${hostKey('v2')} kubewright:v2\n`);
    const pairs = await checkAll(options());
    expect(pairs).toHaveLength(6);
    expect(pairs.filter((p) => p.error !== undefined)).toEqual([]);
    expect((await distributeAll(options())).results.flatMap((r) => r.changes)).toEqual([]);
    expect(m.fleet.log('v2')).toMatch(/Connection from ::1 port/);
  });

  it('a machine may be called by its address: ::1, [::1]:PORT, and ansible_host in brackets', async () => {
    const port = ports[0];
    const variants: Readonly<Record<string, string>> = {
      'port.ini': `[::1]:${port} ansible_user=kw\n`,
      'bare.ini': `::1 ansible_user=kw ansible_port=${port}\n`,
      'port.yml': `all: {hosts: {"[::1]:${port}": {ansible_user: kw}}}\n`,
      'brackets.yml': `all: {hosts: {v: {ansible_host: "[::1]", ansible_port: ${port}, ansible_user: kw}}}\n`,
    };
    for (const [file, text] of Object.entries(variants)) {
      const path = join(m.fleet.dir, file);
      writeFileSync(path, text);
      const { results } = await distributeAll(m.options({ inventory: [path] }));
      expect([file, results.map((r) => [r.error?.parts, r.changes])]).toEqual([file, [[undefined, []]]]);
    }
  });

  it('what is taken out of known_hosts is that machine, not the others on the same address', async () => {
    await revokeAll({ ...options(), revoke: ['v3'] });
    const known = m.read('v1', 'known_hosts');
    expect(known).toContain(`[v2]:${ports[1]},[::1]:${ports[1]} `);
    expect(known).not.toMatch(new RegExp(`\\[v3\\]|kubewright:v3|:${ports[2]}\\b`));
  });

  describe('host keys', () => {
    function target(name: string, over: Partial<Target> = {}): Target {
      return testTarget({
        name,
        address: '::1',
        port: ports[NAMES.indexOf(name)] ?? 0,
        user: 'kw',
        privateKeyFile: join(m.operatorHome, '.ssh/id_ed25519'),
        hostKeys: { mode: 'strict', files: [known('strict')] },
        ...over,
      });
    }
    async function verdict(t: Target): Promise<string> {
      try {
        await (await transport.connect(t)).close();
        return 'let in';
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        return `${error.kind}: ${error.parts.what} ${error.parts.where} ${error.parts.fix}`;
      }
    }
    /** Whether the real ssh finds the machine in that file. */
    function ssh(file: string, port: number | undefined): number | null {
      const o = ['BatchMode=yes', 'StrictHostKeyChecking=yes', `UserKnownHostsFile=${file}`, 'GlobalKnownHostsFile=/dev/null'];
      const key = join(m.operatorHome, '.ssh/id_ed25519');
      const args = ['-F', 'none', '-i', key, '-p', String(port), ...o.flatMap((x) => ['-o', x]), 'kw@::1', 'exit 7'];
      return spawnSync('ssh', args).status;
    }

    it('are stored as OpenSSH finds them, in the clear and hashed', async () => {
      for (const hash of [false, true]) {
        const files = [known(`stored-${hash}`)];
        expect(await verdict(target('v1', { hostKeys: { mode: 'accept-new', files, hash } }))).toBe('let in');
        expect(readFileSync(files[0] ?? '', 'utf8').startsWith(hash ? '|1|' : `[::1]:${ports[0]} ssh-ed25519 `)).toBe(true);
        expect(ssh(files[0] ?? '', ports[0])).toBe(7);
        expect(ssh(files[0] ?? '', ports[1])).toBe(255);
        expect(await verdict(target('v1', { hostKeys: { mode: 'strict', files } }))).toBe('let in');
      }
    });

    it.each([
      ['the address and port', (port: number) => `[::1]:${port}`],
      ['a pattern', () => '[::?]:*'],
      ['without the port', () => '::1'],
      [
        'hashed',
        (port: number) => {
          const salt = randomBytes(20);
          return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(`[::1]:${port}`).digest('base64')}`;
        },
      ],
    ])('are found by %s, as by the real ssh', async (_name, name) => {
      const file = known('found');
      writeFileSync(file, `${name(ports[0] ?? 0)} ${hostKey('v1')}\n`);
      expect(ssh(file, ports[0])).toBe(7);
      expect(await verdict(target('v1', { hostKeys: { mode: 'strict', files: [file] } }))).toBe('let in');
    });

    it('that are unknown or changed: the message has the address in brackets, and commands that work', async () => {
      const file = known('changed');
      writeFileSync(file, '');
      const strict = { hostKeys: { mode: 'strict', files: [file] } } as const;
      const unknown = await verdict(target('v1', strict));
      expect(unknown).toContain(`host-key: The host key is not known v1 ([::1]:${ports[0]}) `);
      const scan = /ssh-keyscan .*$/.exec(unknown)?.[0] ?? '';
      execFileSync('sh', ['-c', scan], { stdio: 'ignore' });
      expect(await verdict(target('v1', strict))).toBe('let in');
      writeFileSync(file, `[::1]:${ports[0]} ${hostKey('v2')}\n`);
      const changed = await verdict(target('v1', strict));
      expect(changed).toContain('host-key: The host key has changed');
      execFileSync('sh', ['-c', /ssh-keygen .*$/.exec(changed)?.[0] ?? ''], { stdio: 'ignore' });
      expect(readFileSync(file, 'utf8')).toBe('');
    });
  });
});
