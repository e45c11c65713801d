import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkAll, distributeAll } from '../../../src/app/keys/keys.js';
import { reasonOf } from '../../../src/app/keys/model/reason.js';
import { rotateAll } from '../../../src/app/keys/rotate-keys.js';
import { KeysFleet, reason } from '../../support/fleet/keys.js';
import { keygen } from '../../support/fleet/sshd.js';

const why = reason ? ` (${reason})` : '';
const failures = (results: Awaited<ReturnType<typeof distributeAll>>['results']) =>
  results.map((r) => (r.error ? reasonOf(r.error) : undefined));

describe.skipIf(reason)(`keys, and what start-up files print${why}`, { timeout: 240_000 }, () => {
  // The login shell is bash, which reads ~/.bashrc for commands over SSH.
  const m = new KeysFleet({
    count: 2,
    setup: `mkdir -p /root/etc && cp -a /etc/. /root/etc && mount --bind /root/etc /etc; sed -i '/^kw:/s,:[^:]*$,:/bin/bash,' /etc/passwd`,
  });
  const bashrc = (name: string, text: string): void => {
    m.run(name, 'cat > /home/kw/.bashrc', text);
  };
  beforeEach(() => {
    for (const n of ['n1', 'n2']) m.run(n, 'rm -rf /home/kw/.ssh /home/kw/.bashrc');
  });

  const sameKeys = async (text: string): Promise<void> => {
    bashrc('n1', text);
    const { results } = await distributeAll(m.options());
    expect(failures(results)).toEqual([undefined, undefined]);
    expect(results.map((r) => r.changes.map((c) => `${c.kind} ${c.count}`))).toEqual([
      ['made 1', 'authorized 2', 'known 2'],
      ['made 1', 'authorized 2', 'known 2'],
    ]);
    expect((await distributeAll(m.options())).results.flatMap((r) => r.changes)).toEqual([]);
    if (!text.startsWith('exec')) expect((await checkAll(m.options())).filter((p) => p.error !== undefined)).toEqual([]);
  };

  it.each([
    ['a window title without newline', `printf '\\033]0;title\\007'\n`],
    ['lines that look like ours', `printf 'key\\tx\\nchange\\tmade\\tx\\t1\\tx\\n'\n`],
    ['frames of another', `printf '\\036abc end 0 0\\n\\036'; printf '\\036abc' >&2\n`],
  ])('%s: the same keys as without', (_name, text) => sameKeys(text));

  const noZsh = spawnSync('zsh', ['--version']).status !== 0;
  it.skipIf(noZsh)(`zsh in its place: the same keys as without${noZsh ? ' (needs zsh)' : ''}`, () => sameKeys('exec zsh\n'));

  it('exit 0 there: that host fails and says so; the old key of a rotation stays', async () => {
    expect(failures((await distributeAll(m.options())).results)).toEqual([undefined, undefined]);
    const old = m.read('n1', 'id_ed25519.pub');
    bashrc('n1', 'echo bye; exit 0\n');
    const { results } = await distributeAll(m.options());
    expect(results.map((r) => r.error?.parts.what)).toEqual(['The login shell of kw does not run what it is given', undefined]);
    expect(results[0]?.error?.parts.why).toBe('It ended with status 0 and said:\nbye');
    const rotated = await rotateAll(m.options());
    expect(rotated.results.map((r) => r.error !== undefined)).toEqual([true, true]);
    expect(m.read('n2', 'authorized_keys')).toContain(old.split(' ')[1]);
    const pairs = await checkAll(m.options());
    expect(pairs.map((p) => [p.from, p.error])).toEqual([
      ['n1', expect.stringContaining('does not run what it is given')],
      ['n2', expect.stringMatching(/^it lets the key in, but runs no command \(status 0\): bye/)],
    ]);
  });

  it('a program in place of the login shell', async () => {
    m.run('n1', `sed -i '/^kw:/s,:[^:]*$,:/bin/true,' /etc/passwd`);
    const { results } = await distributeAll(m.options());
    m.run('n1', `sed -i '/^kw:/s,:[^:]*$,:/bin/bash,' /etc/passwd`);
    expect(results[0]?.error?.parts.what).toBe('The login shell of kw does not run what it is given');
    expect(results[1]?.error).toBeUndefined();
  });
});

describe.skipIf(reason)(`keys that do not log in${why}`, { timeout: 240_000 }, () => {
  const m = new KeysFleet({ count: 2, settings: ['Include /etc/ssh/more.conf'], setup: 'touch /etc/ssh/more.conf' });
  const sshd = (name: string, text: string): void => {
    m.run(name, 'cat > /etc/ssh/more.conf; kill -HUP 1; sleep 0.5', `${text}\n`);
  };
  beforeEach(() => {
    for (const n of ['n1', 'n2']) {
      sshd(n, '');
      m.run(n, 'rm -rf /home/kw/.ssh');
    }
  });

  it.each([
    ['AuthorizedKeysFile /etc/ssh/keys/%u', 'sshd_config: AuthorizedKeysFile /etc/ssh/keys/%u'],
    ['PubkeyAuthentication no', 'sshd_config: PubkeyAuthentication no'],
    ['AuthenticationMethods password', 'sshd_config: AuthenticationMethods password'],
    ['ForceCommand /bin/true', 'sshd_config: ForceCommand /bin/true'],
  ])('%s: the host fails, with the reason', async (setting, because) => {
    // Over a password nothing else is proved. A forced command does not even run our program.
    sshd('n2', setting);
    const { results } = await distributeAll(m.options());
    expect(results[0]?.error).toBeUndefined();
    const { what = '', why: reason = '' } = results[1]?.error?.parts ?? {};
    if (setting.startsWith('Force')) expect(what).toBe('The login shell of kw does not run what it is given');
    else expect(`${what} ${reason}`).toMatch(new RegExp(because, 'i'));
  });

  it.each([
    ['command="echo no"', /runs no command|does not run what it is given/],
    ['expiry-time="20200101"', /Permission denied/],
    ['from="192.0.2.1"', /Permission denied/],
  ])('a key that is there with %s is no key that works', async (options, said) => {
    await distributeAll(m.options());
    const key = m.read('n1', 'id_ed25519.pub').trim();
    const others = m
      .read('n2', 'authorized_keys')
      .split('\n')
      .filter((l) => !l.includes('kubewright:n1'));
    m.write('n2', 'authorized_keys', [`${options} ${key}`, ...others].join('\n'));
    const { results } = await distributeAll(m.options());
    expect(results[0]?.error).toBeUndefined();
    expect(results[1]?.error?.parts.what).toMatch(said);
    expect(results[1]?.error?.parts.what).toContain(`the key of n1 the options ${options}`);
  });

  it('a login by the key itself is proof enough: no further one', async () => {
    await distributeAll(m.options());
    const key = join(m.operatorHome, '.ssh/id_ed25519');
    sshd('n1', '');
    m.run('n1', 'sed -i "/kubewright:n2/d" /home/kw/.ssh/authorized_keys; sed -i "/^Include/d" /etc/ssh/sshd_config');
    const before = m.fleet.logins();
    const { results } = await distributeAll(m.options({ connection: { privateKey: key } }));
    expect(results[0]?.changes.map((c) => c.kind)).toEqual(['authorized']);
    expect(m.fleet.logins() - before).toBe(2);
    m.run('n1', 'sed -i "1i Include /etc/ssh/more.conf" /etc/ssh/sshd_config');
  });

  it('a key with a passphrase is not asked for: another host tries its own', async () => {
    const locked = join(m.operatorHome, 'locked');
    keygen(locked);
    writeFileSync(join(m.operatorHome, 'unused'), '');
    sshd('n2', 'AuthorizedKeysFile /etc/ssh/keys/%u');
    const { results } = await distributeAll(m.options({ limit: 'n1,n2' }));
    expect(failures(results)).toEqual([undefined, expect.stringContaining('Permission denied')]);
  });
});
