import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAll, distributeAll } from '../../../src/app/keys/keys.js';
import type { KeyResult } from '../../../src/app/keys/model/model.js';
import { InputError } from '../../../src/base/errors.js';
import { KeysFleet, reason } from '../../support/fleet/keys.js';
import { keygen, missingForSudo } from '../../support/fleet/sshd.js';

const why = reason ? ` (${reason})` : '';
const summary = (results: readonly KeyResult[]) =>
  results.map((r) => [r.host, r.error?.parts.what, r.changes.map((c) => `${c.kind} ${c.count}`)]);

describe.skipIf(reason)(`keys distribute${why}`, () => {
  const m = new KeysFleet({ count: 3 });
  const publicKey = (name: string): string => m.read(name, 'id_ed25519.pub').split(' ').slice(0, 2).join(' ');

  it('says in a dry run what would change, and writes nothing anywhere', async () => {
    const before = m.snapshot();
    const { results, operatorKey } = await distributeAll(m.options({ dryRun: true }));
    expect(operatorKey).toBe(join(m.operatorHome, '.ssh/id_ed25519'));
    expect(results[0]?.changes.map((c) => [c.kind, c.file, c.count, c.names])).toEqual([
      ['made', '/home/kw/.ssh/id_ed25519', 1, ['ed25519']],
      ['authorized', '/home/kw/.ssh/authorized_keys', 2, ['n2', 'n3']],
      ['known', '/home/kw/.ssh/known_hosts', 4, ['n2', 'n3']],
    ]);
    expect(m.snapshot()).toEqual(before);
  });

  it('makes the mesh from passwords alone over one connection a host, and one more that tries a new key', async () => {
    const connections = m.fleet.connections();
    const { results } = await distributeAll(m.options());
    expect(summary(results)).toEqual(['n1', 'n2', 'n3'].map((n) => [n, undefined, ['made 1', 'authorized 3', 'known 4']]));
    expect(m.fleet.connections() - connections).toBe(6);
    for (const file of ['authorized_keys', 'known_hosts', 'id_ed25519']) expect(m.mode('n1', `.ssh/${file}`)).toBe('600');
    expect(m.mode('n1', '.ssh')).toBe('700');
    const pairs = await checkAll(m.options());
    expect(pairs).toHaveLength(6);
    expect(pairs.filter((p) => p.error !== undefined)).toEqual([]);
  });

  it('lets the operator in without a password, and knows every host key by name and address', async () => {
    const { address, port } = m.host('n2');
    const known = m
      .read('n1', 'known_hosts')
      .trim()
      .split('\n')
      .filter((l) => l.startsWith('[n2]'));
    const keys = ['ecdsa', 'ed25519'].map((t) =>
      readFileSync(join(m.host('n2').dir, `ssh/ssh_host_${t}_key.pub`), 'utf8').split(' '),
    );
    expect(known).toEqual(keys.map(([type, blob]) => `[n2]:${port},[${address}]:${port} ${type} ${blob} kubewright:n2`));
    const args = ['-i', join(m.operatorHome, '.ssh/id_ed25519'), '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes'];
    const files = ['-o', `UserKnownHostsFile=${m.fleet.knownHosts}`, '-p', String(port)];
    expect(execFileSync('ssh', ['-F', 'none', ...args, ...files, `kw@${address}`, 'uname -n'], { encoding: 'utf8' })).toBe(
      'n2\n',
    );
  });

  it('changes nothing the second time', async () => {
    const before = m.snapshot();
    const { results } = await distributeAll(m.options());
    expect(summary(results)).toEqual(['n1', 'n2', 'n3'].map((n) => [n, undefined, []]));
    expect(m.snapshot()).toEqual(before);
  });

  it('keeps what is there byte for byte, whatever it looks like', async () => {
    const operator = readFileSync(join(m.operatorHome, '.ssh/id_ed25519.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    // CRLF, comments, options with blanks, a key that is commented out, one as an authority, one that only begins alike.
    const keys = [
      `# ${publicKey('n2')} commented out\r\n`,
      `cert-authority ${publicKey('n2')}\r\n`,
      `${publicKey('n2')}AAAA begins alike\n`,
      `from="127.0.0.0/8",command="echo \\"${publicKey('n2')} x\\"" ssh-ed25519 AAAAmine\t me@home \n`,
      '\n   \t\n',
      `  no-pty,from="127.0.0.0/8" ${publicKey('n3')}\tanother comment\r\n`,
      `${operator} no newline at the end`,
    ].join('');
    const known = `# comment\n|1|c2FsdHNhbHQ=|aGFzaGhhc2g= ssh-ed25519 AAAAhashed\r\n@revoked * ssh-ed25519 AAAArevoked\nother ssh-ed25519 AAAAother`;
    m.write('n1', 'authorized_keys', keys, '664');
    m.write('n1', 'known_hosts', known, '644');
    m.run('n1', 'chmod 775 /home/kw; chmod 755 /home/kw/.ssh; chmod 644 /home/kw/.ssh/id_ed25519');
    const { results } = await distributeAll(m.options());
    expect(summary(results)[0]).toEqual(['n1', undefined, ['mode 1', 'mode 1', 'mode 1', 'authorized 1', 'known 4']]);
    expect(m.read('n1', 'authorized_keys')).toBe(`${keys}\n${publicKey('n2')} kw@n2 kubewright:n2\n`);
    expect(m.read('n1', 'known_hosts').startsWith(`${known}\n[n2]:`)).toBe(true);
    expect([
      m.mode('n1', ''),
      m.mode('n1', '.ssh'),
      m.mode('n1', '.ssh/authorized_keys'),
      m.mode('n1', '.ssh/id_ed25519'),
    ]).toEqual(['755', '700', '600', '600']);
    const before = m.snapshot();
    expect(summary((await distributeAll(m.options())).results)[0]).toEqual(['n1', undefined, []]);
    expect(m.snapshot()).toEqual(before);
  });

  it('takes away the write access that sshd refuses even when there is nothing to add', async () => {
    m.run('n2', 'chmod 666 /home/kw/.ssh/authorized_keys');
    const { results } = await distributeAll(m.options());
    expect(results[1]?.changes.map((c) => [c.kind, c.file, c.names])).toEqual([
      ['mode', '/home/kw/.ssh/authorized_keys', ['666', '600']],
    ]);
  });

  it('follows a link to the file instead of replacing it', async () => {
    m.run(
      'n3',
      'cd /home/kw; mkdir files; mv .ssh/authorized_keys files/keys; ln -s ../files/keys .ssh/authorized_keys; chown -R kw:kw files; : > files/keys',
    );
    await distributeAll(m.options());
    expect(lstatSync(join(m.host('n3').home, '.ssh/authorized_keys')).isSymbolicLink()).toBe(true);
    expect(
      readFileSync(join(m.host('n3').home, 'files/keys'), 'utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(3);
  });

  it('keeps an existing key of another type, and tells of one that cannot be used', async () => {
    m.run('n2', 'cd /home/kw/.ssh; rm id_ed25519 id_ed25519.pub');
    keygen(join(m.host('n2').home, '.ssh/id_rsa'), 'rsa');
    m.run('n2', 'cd /home/kw/.ssh; rm id_rsa.pub; chown kw:kw id_rsa');
    keygen(join(m.host('n3').home, '.ssh/closed'));
    m.run(
      'n3',
      'cd /home/kw/.ssh; ssh-keygen -q -p -N secret -f closed; mv closed id_ed25519; mv closed.pub id_ed25519.pub; chown kw:kw id_*',
    );
    const { results } = await distributeAll(m.options({ type: 'ecdsa' }));
    expect(summary(results)[1]).toEqual(['n2', undefined, ['authorized 1']]);
    expect(existsSync(join(m.host('n2').home, '.ssh/id_ecdsa'))).toBe(false);
    expect(m.read('n1', 'authorized_keys')).toMatch(/^ssh-rsa \S+ .*kubewright:n2$/m);
    expect(results[2]?.notes).toEqual(['/home/kw/.ssh/id_ed25519 has a passphrase: logins with it will ask for it']);
    const failed = (await checkAll(m.options())).filter((p) => p.error !== undefined);
    expect(failed.map((p) => [p.from, p.to])).toEqual([
      ['n3', 'n1'],
      ['n3', 'n2'],
    ]);
    expect(failed[0]?.error).toMatch(/Permission denied \(/);
  });

  it('hands out nothing that is not a plain public key', async () => {
    m.write('n3', 'id_ed25519.pub', `command="rm -rf ~" ${publicKey('n3')} kw@n3\n`);
    const { results } = await distributeAll(m.options());
    expect(summary(results)[2]).toEqual(['n3', '/home/kw/.ssh/id_ed25519.pub does not contain a public key', []]);
    expect(m.read('n1', 'authorized_keys')).not.toContain('rm -rf ~');
  });

  it.skipIf(missingForSudo())('works for another account through sudo, and says when there is none', async () => {
    const { results } = await distributeAll(m.options({ account: 'root', type: 'rsa', bits: 2048 }));
    expect(summary(results)).toEqual(['n1', 'n2', 'n3'].map((n) => [n, undefined, ['made 1', 'authorized 3', 'known 4']]));
    const key = readFileSync(join(m.host('n1').dir, 'root/.ssh/id_rsa.pub'), 'utf8');
    expect(key).toMatch(/^ssh-rsa \S+ root@n1\n$/);
    expect((await checkAll(m.options({ account: 'root' }))).filter((p) => p.error !== undefined)).toEqual([]);
    const missing = await distributeAll(m.options({ account: 'nobody-here' }));
    expect(summary(missing.results)[0]).toEqual(['n1', 'there is no account nobody-here on this host', []]);
  });

  it('refuses bad input before any host is touched', async () => {
    const connections = m.fleet.connections();
    for (const bad of [{ bits: 512 }, { type: 'rsa' as const, bits: 1024 }, { hub: ['none'] }, { account: '-x' }])
      await expect(distributeAll(m.options(bad))).rejects.toBeInstanceOf(InputError);
    expect(m.fleet.connections()).toBe(connections);
  });
});

describe.skipIf(reason)(`keys distribute --hub${why}`, () => {
  const m = new KeysFleet({ count: 3, settings: ['SetEnv PATH=/home/bin:/usr/bin:/bin'] });

  it('gives only the hub access to the others', async () => {
    for (const { name, dir } of m.fleet.hosts) {
      m.run(name, 'mkdir /home/bin');
      writeFileSync(join(dir, 'home/bin/restorecon'), '#!/bin/sh\necho "$@" >> /home/kw/labels\n', { mode: 0o755 });
    }
    const { results } = await distributeAll(m.options({ hub: ['n2'] }));
    expect(summary(results)).toEqual([
      ['n1', undefined, ['authorized 2']],
      ['n2', undefined, ['made 1', 'authorized 1', 'known 4']],
      ['n3', undefined, ['authorized 2']],
    ]);
    const pairs = await checkAll(m.options({ hub: ['n2'] }));
    expect(pairs).toEqual([
      { from: 'n2', to: 'n1', error: undefined },
      { from: 'n2', to: 'n3', error: undefined },
    ]);
    expect((await checkAll(m.options())).filter((p) => p.error === undefined).map((p) => p.from)).toEqual(['n2', 'n2']);
    expect((await distributeAll(m.options({ hub: ['n2'] }))).results.flatMap((r) => r.changes)).toEqual([]);
  });

  it('gives new files the label that SELinux wants, where there is restorecon', () => {
    expect(
      readFileSync(join(m.host('n1').home, 'labels'), 'utf8')
        .trim()
        .split('\n'),
    ).toEqual(['-R /home/kw/.ssh', '-R /home/kw/.ssh/authorized_keys']);
  });
});
