import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAll, distributeAll } from '../../../src/app/keys/keys.js';
import { fingerprintOf, parsePublicKey } from '../../../src/app/keys/model/public-key.js';
import { revokeAll } from '../../../src/app/keys/revoke-keys.js';
import { InputError } from '../../../src/base/errors.js';
import { KeysFleet, reason } from '../../support/fleet/keys.js';

describe.skipIf(reason)(`keys distribute --revoke${reason ? ` (${reason})` : ''}`, () => {
  const m = new KeysFleet({ count: 4 });
  const kinds = (results: Awaited<ReturnType<typeof revokeAll>>['results']) =>
    results.map((r) => [r.host, r.changes.map((c) => `${c.kind} ${c.count}`)]);

  it('takes out the keys of a host that is dead, and says so beforehand in a dry run', async () => {
    await distributeAll(m.options());
    await m.fleet.kill('n4');
    m.write('n1', 'authorized_keys', `# first\n${m.read('n1', 'authorized_keys')}# no newline at the end`);
    const kept = m
      .read('n1', 'authorized_keys')
      .split('\n')
      .filter((l) => !l.endsWith('kubewright:n4'));
    const before = m.snapshot();
    const planned = await revokeAll({ ...m.options({ dryRun: true }), revoke: ['n4'] });
    expect(m.snapshot()).toEqual(before);
    const done = await revokeAll({ ...m.options(), revoke: ['n4'] });
    expect(kinds(done.results)).toEqual(['n1', 'n2', 'n3'].map((n) => [n, ['unauthorized 1', 'unknown 2']]));
    expect(kinds(planned.results)).toEqual(kinds(done.results));
    expect(done.keys.map((k) => [k.name, k.key.comment])).toEqual([['n4', 'kw@n4 kubewright:n4']]);
    expect(m.read('n1', 'authorized_keys')).toBe(kept.join('\n'));
    // Names and marks; the letters of a key may be any.
    for (const n of ['n1', 'n2', 'n3']) expect(m.read(n, 'known_hosts')).not.toMatch(/\[n4\]|\.0\.4\]|kubewright:n4/);
    expect(done.stillThere).toEqual(['n4']);
    const left = await checkAll(m.options({ limit: '!n4' }));
    expect(left.filter((p) => p.error !== undefined)).toEqual([]);
    expect(kinds((await revokeAll({ ...m.options(), revoke: ['n4'] })).results)).toEqual([
      ['n1', []],
      ['n2', []],
      ['n3', []],
    ]);
  });

  it('knows keys without a mark by their comment, and host names that are hashed or beside others', async () => {
    const key = `ssh-ed25519 ${m.read('n1', 'id_ed25519.pub').split(' ')[1]?.replace(/.{6}$/, 'AAAAAA')}`;
    const rest = m.read('n2', 'authorized_keys');
    m.write('n2', 'authorized_keys', `${rest}no-pty ${key} vagrant@old7.lab\r\n${key.replace('AAAAAA', 'BBBBBB')} me@old70\n`);
    const blob = m.read('n1', 'known_hosts').split(' ')[2] ?? '';
    m.write(
      'n2',
      'known_hosts',
      `old7 ssh-ed25519 ${blob}\nstays,old7,[OLD7]:2200 ssh-ed25519 ${blob} c\nold70 ssh-ed25519 ${blob}\n`,
    );
    m.run(
      'n2',
      'cd /home/kw/.ssh; (echo "old7 ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQC7"; echo) > h; ssh-keygen -q -H -f h; cat h >> known_hosts; rm h h.old; grep -c "^|1|" known_hosts',
    );
    const done = await revokeAll({ ...m.options({ limit: 'n2' }), revoke: ['old7'] });
    expect(kinds(done.results)).toEqual([['n2', ['unauthorized 1', 'unknown 3']]]);
    expect(m.read('n2', 'authorized_keys')).toBe(`${rest}${key.replace('AAAAAA', 'BBBBBB')} me@old70\n`);
    expect(m.read('n2', 'known_hosts').trim()).toBe(`old70 ssh-ed25519 ${blob}\n\nstays ssh-ed25519 ${blob} c`);
    expect(done.stillThere).toEqual([]);
  });

  it('takes a key by its fingerprint, and one that only the host itself shows', async () => {
    await m.fleet.start('n4');
    const own = parsePublicKey(readFileSync(join(m.host('n4').home, '.ssh/id_ed25519.pub'), 'utf8'));
    if (!own) throw new Error('no key');
    for (const name of [fingerprintOf(own), 'n4']) {
      m.write('n3', 'authorized_keys', `${m.read('n3', 'authorized_keys')}${own.type} ${own.blob} some comment\n`);
      const done = await revokeAll({ ...m.options(), revoke: [name] });
      expect(kinds(done.results)).toEqual([
        ...['n1', 'n2'].map((n) => [n, []]),
        ['n3', ['unauthorized 1']],
        ...(name === 'n4' ? [] : [['n4', []]]),
      ]);
    }
  });

  it('never takes the key of somebody who stays, whatever a host shows', async () => {
    const [, blob] = m.read('n1', 'id_ed25519.pub').split(' ');
    m.run('n4', 'cp /home/kw/.ssh/id_ed25519 /home/kw/keep; rm /home/kw/.ssh/id_ed25519.pub');
    execFileSync('cp', [join(m.host('n1').home, '.ssh/id_ed25519'), join(m.host('n4').home, '.ssh/id_ed25519')]);
    const done = await revokeAll({ ...m.options(), revoke: ['n4'] });
    expect(done.kept.map((k) => [k.name, k.key.blob, k.because])).toEqual([['n4', blob, 'n1']]);
    expect(m.read('n2', 'authorized_keys')).toContain(blob);
  });

  it('refuses what is no name', async () => {
    for (const name of ['all', 'a b', '*', ''])
      await expect(revokeAll({ ...m.options(), revoke: [name] })).rejects.toBeInstanceOf(InputError);
  });
});
