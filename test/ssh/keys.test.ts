import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkMesh } from '../../src/app/check-keys.js';
import { distributeKeys, type KeyHost } from '../../src/app/distribute-keys.js';
import { Secret } from '../../src/shell/secret.js';
import { createTransport } from '../../src/transport/transport.js';
import { missingForSsh, Sshd } from './sshd.js';

const reason = missingForSsh();

/** Three accounts of one sshd stand for three machines: each has its own .ssh, and its own name for the server. */
describe.skipIf(reason)(`keys distribute${reason ? ` (${reason})` : ''}`, () => {
  const sshd = new Sshd();
  const hosts: KeyHost[] = [];
  beforeAll(async () => {
    await sshd.start();
    const transport = createTransport();
    for (let i = 0; i < 3; i++) {
      const user = sshd.addUser();
      const session = await transport.connect({
        name: user.name,
        address: '127.0.0.1',
        port: sshd.port,
        user: user.name,
        connection: 'ssh',
        privateKeyFile: '/nonexistent',
        password: new Secret('ssh-password', user.password),
        become: { enabled: false, user: 'root', method: 'sudo' },
        hostKeys: { mode: 'accept-new', files: [join(sshd.dir, 'known')] },
        timeoutMs: 5000,
      });
      hosts.push({ name: user.name, session, addresses: [`name-${i}`, '127.0.0.1'], port: sshd.port, account: user.name });
    }
  });
  afterAll(async () => {
    await Promise.all(hosts.map((h) => h.session.close()));
    await sshd.stop();
  });
  const ssh = (i: number, file: string): string => join(sshd.users[i]?.home ?? '', '.ssh', file);

  it('keeps what is there byte for byte, and changes nothing the second time', async () => {
    // A key that is commented out, and one that only begins like the operator's, are not the operator's key.
    const own =
      'ssh-ed25519 AAAAoperator2 other\n# ssh-ed25519 AAAAoperator op@desk\nssh-ed25519 AAAAmine me@home\n# no newline at the end';
    execFileSync('install', ['-d', '-m', '755', '-o', sshd.users[0]?.name ?? '', join(sshd.users[0]?.home ?? '', '.ssh')]);
    writeFileSync(ssh(0, 'authorized_keys'), own);
    execFileSync('chown', [sshd.users[0]?.name ?? '', ssh(0, 'authorized_keys')]);
    const first = await distributeKeys(hosts, ['ssh-ed25519 AAAAoperator op@desk']);
    for (const r of first) {
      expect(r.error).toBeUndefined();
      expect(r.changes[0]).toBe('made a key pair');
    }
    const text = readFileSync(ssh(0, 'authorized_keys'), 'utf8');
    expect(text.startsWith(`${own}\n`)).toBe(true);
    expect(text.match(/^ssh-ed25519 /gm)).toHaveLength(5);
    expect(text).toContain('\nssh-ed25519 AAAAoperator op@desk\n');
    expect(statSync(ssh(0, '')).mode & 0o777).toBe(0o700);
    for (const file of ['authorized_keys', 'known_hosts', 'id_ed25519'])
      expect(statSync(ssh(0, file)).mode & 0o777, file).toBe(0o600);
    const second = await distributeKeys(hosts, ['ssh-ed25519 AAAAoperator another@comment']);
    expect(second.map((r) => r.changes)).toEqual([[], [], []]);
    expect(readFileSync(ssh(0, 'authorized_keys'), 'utf8')).toBe(text);
  });

  it('lets every machine in everywhere, and the check tells the truth', async () => {
    // The machine's own host keys are not those of this sshd: the lines for it are what a machine of its own would show.
    for (const [i, user] of sshd.users.entries()) {
      writeFileSync(ssh(i, 'known_hosts'), sshd.hostKeyLine());
      execFileSync('chown', [user.name, ssh(i, 'known_hosts')]);
    }
    const pairs = await checkMesh(hosts);
    expect(pairs).toHaveLength(6);
    expect(pairs.filter((p) => p.error !== undefined)).toEqual([]);
    writeFileSync(ssh(1, 'authorized_keys'), '');
    const after = await checkMesh(hosts);
    expect(after.filter((p) => p.error !== undefined).map((p) => p.to)).toEqual([hosts[1]?.name, hosts[1]?.name]);
  });

  it('finishes the others when one machine fails', async () => {
    const user = sshd.users[2];
    if (!user) throw new Error('no user');
    execFileSync('mv', [join(user.home, '.ssh'), join(user.home, 'aside')]);
    writeFileSync(join(user.home, '.ssh'), 'not a folder');
    const results = await distributeKeys(hosts, []);
    expect(results[2]?.error).toBeDefined();
    expect(results[0]?.error).toBeUndefined();
    expect(results[1]?.error).toBeUndefined();
  });
});
