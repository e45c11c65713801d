import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, missingForFleet, startFleet } from '../../../bench/support/fleet.mjs';
import { Secret } from '../../../src/shell/secret.js';
import { connectAll } from '../../../src/transport/connect-all.js';
import { TransportError } from '../../../src/transport/errors.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { BecomeMethod, Session, Target } from '../../../src/transport/types.js';
import { testTarget } from '../../support/fleet/sshd.js';

const has = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
const reason = missingForFleet() ?? (has('sudo') ? undefined : 'needs sudo');
const noDoas = reason ?? (has('doas') ? undefined : 'needs doas');
const noSu = reason ?? (has('su') ? undefined : 'needs su');
const transport = createTransport();
const ROOT_PASSWORD = 'root password of the machine 1%"$';

describe.skipIf(reason)(`becoming another user${reason ? ` (${reason})` : ''}`, { timeout: 90_000 }, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    // A copy of /etc on each machine, so that sudoers, doas.conf and passwords are its own.
    const setup =
      'mkdir /root/etc && cp -a /etc/. /root/etc && mount --bind /root/etc /etc && mount -t tmpfs -o mode=1777 tmpfs /tmp';
    fleet = await startFleet({ count: 1, setup, settings: ['UsePAM yes'] });
    run(`printf '%s\n' "$(cat)" | chpasswd`, `root:${ROOT_PASSWORD}`);
    run('useradd --create-home --shell /bin/sh other');
  });
  afterAll(() => fleet?.stop());

  function run(command: string, input = ''): string {
    const r = fleet.run('n1', command, input);
    if (r.code !== 0) throw new Error(`${command}: ${r.stderr}`);
    return r.stdout;
  }
  const sudoers = (text: string): string => run('cat > /etc/sudoers.d/kw && chmod 440 /etc/sudoers.d/kw', `${text}\n`);

  function target(method: BecomeMethod, password?: string, user = 'root'): Target {
    const host = fleet.hosts[0];
    if (!host) throw new Error('no machine');
    return testTarget({
      address: host.address,
      port: host.port,
      user: host.user,
      privateKeyFile: host.keyFile,
      become: {
        enabled: true,
        user,
        method,
        password: password === undefined ? undefined : new Secret('become-password', password),
      },
      hostKeys: { mode: 'strict', files: [fleet.knownHosts] },
    });
  }

  async function output(session: Session, command: string, stdin?: string | Buffer): Promise<string> {
    let out = '';
    let err = '';
    const exit = await session.exec(command, {
      become: true,
      stdin,
      onStdout: (c) => (out += c.toString('latin1')),
      onStderr: (c) => (err += c.toString('latin1')),
    });
    const end = exit.kind === 'exited' ? String(exit.code) : exit.kind === 'lost' ? `lost: ${exit.cause.message}` : exit.signal;
    return `${out}|${err}|${end}`;
  }
  async function withSession<T>(t: Target, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await transport.connect(t);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }
  async function refusal(t: Target): Promise<TransportError> {
    return withSession(t, async (session) => {
      const exit = await session.exec('true', { become: true });
      if (exit.kind === 'lost' && exit.cause instanceof TransportError) return exit.cause;
      throw new Error(`it was let through: ${JSON.stringify(exit)}`);
    });
  }
  const binary = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256)).toString('latin1');

  /** The same for each method: streams untouched, exit codes, parallel commands, signals. */
  async function works(t: Target, o = { all: false }): Promise<void> {
    const user = t.become.user;
    await withSession(t, async (session) => {
      expect(await output(session, 'id -un; echo complaint >&2; exit 7')).toBe(`${user}\n|complaint\n|7`);
      if (!o.all) return;
      // Line ends, control characters and NULs pass, and the end of the input is seen.
      expect(await output(session, 'cat', Buffer.from(binary, 'latin1'))).toBe(`${binary}||0`);
      expect(await output(session, 'wc -c; id -un', 'a\r\n\x03\x04\x1a')).toBe(`6\n${user}\n||0`);
      // It may leave without having read everything.
      expect(await output(session, 'head -c 1', 'x'.repeat(300_000))).toBe('x||0');
      const many = await Promise.all(Array.from({ length: 12 }, (_, i) => output(session, `sleep 0.1; echo ${i}`)));
      expect(many).toEqual(Array.from({ length: 12 }, (_, i) => `${i}\n||0`));
      expect(await output(session, 'echo \'quotes "and" $dollars\'')).toBe('quotes "and" $dollars\n||0');
    });
    await sleep(200);
    expect(run('ls -A /tmp')).toBe('');
  }

  describe('sudo', () => {
    it('without a password', async () => {
      sudoers('kw ALL=(ALL) NOPASSWD: ALL');
      await works(target('sudo'), { all: true });
      await works(target('sudo', undefined, 'other'));
    });

    it('with a password', async () => {
      sudoers('kw ALL=(ALL) ALL');
      await works(target('sudo', fleet.password), { all: true });
    });

    it('where it wants a terminal, with and without a password', async () => {
      sudoers('Defaults requiretty\nkw ALL=(ALL) ALL');
      await works(target('sudo', fleet.password));
      sudoers('Defaults requiretty\nkw ALL=(ALL) NOPASSWD: ALL');
      await works(target('sudo'), { all: true });
      await works(target('sudo', undefined, 'other'));
    });

    it('where it lectures, and PAM asks in another language', async () => {
      sudoers('Defaults lecture=always\nDefaults passprompt="Passwort für %u: "\nkw ALL=(ALL) ALL');
      run(
        'printf "LANG=de_DE.UTF-8\nLC_ALL=de_DE.UTF-8\n" > /etc/default/locale; cat >> /etc/environment',
        'LC_ALL=de_DE.UTF-8\n',
      );
      await works(target('sudo', fleet.password));
      sudoers('Defaults lecture=always, requiretty\nDefaults passprompt="パスワード：", passprompt_override\nkw ALL=(ALL) ALL');
      await works(target('sudo', fleet.password));
      run(': > /etc/environment');
    });

    it('where the password of root is asked for', async () => {
      sudoers('Defaults rootpw\nkw ALL=(ALL) ALL');
      await works(target('sudo', ROOT_PASSWORD));
    });

    it('says so when the password is wrong, and tries it once', async () => {
      sudoers('Defaults logfile=/root/sudo.log\nkw ALL=(ALL) ALL');
      const { sessions, failures } = await connectAll([target('sudo', 'wrong')], transport, {
        forks: 1,
        onConnected: () => undefined,
        onFailed: () => undefined,
        verifyBecome: true,
      });
      expect(sessions.size).toBe(0);
      expect(failures.get('m1')?.parts).toMatchObject({ what: 'sudo does not accept the password of kw', where: 'm1' });
      await withSession(target('sudo', 'wrong'), async (session) => {
        for (let i = 0; i < 4; i++) expect((await session.exec('true', { become: true })).kind).toBe('lost');
      });
      // Once for each of the two connections.
      expect(run('cat /root/sudo.log').match(/incorrect password attempt/g)).toHaveLength(2);
      expect(run('cat /root/sudo.log')).not.toMatch(/[2-9] incorrect/);
    });

    it('says what to do when a password is missing, or the account may not', async () => {
      sudoers('kw ALL=(ALL) ALL');
      const missing = await refusal(target('sudo'));
      expect(missing.kind).toBe('sudo');
      expect(missing.parts.why).toMatch(/a password is required/);
      expect(missing.parts.fix).toMatch(/--ask-become-pass/);
      sudoers('other ALL=(ALL) ALL');
      const outsider = await refusal(target('sudo', fleet.password));
      expect(outsider.parts.what).toBe('kw cannot become root with sudo');
      expect(outsider.parts.why).toMatch(/not in the sudoers file/);
    });
  });

  it.each(['sudo', 'doas', 'su'] as const)('%s: an account that is not there is called so', async (method) => {
    if (method === 'doas' && noDoas) return;
    sudoers('kw ALL=(ALL) NOPASSWD: ALL');
    if (!noDoas) run('cat > /etc/doas.conf && chmod 600 /etc/doas.conf', 'permit nopass kw\n');
    const error = await refusal(target(method, method === 'su' ? ROOT_PASSWORD : undefined, 'nosuch'));
    expect(error.parts.what).toBe('There is no account nosuch to become');
    expect(error.parts.fix).toContain('ansible_become_user');
  });

  describe.skipIf(noDoas)(`doas${noDoas ? ` (${noDoas})` : ''}`, () => {
    const doas = (text: string): string => run('cat > /etc/doas.conf && chmod 600 /etc/doas.conf', `${text}\n`);

    it('without a password', async () => {
      doas('permit nopass kw');
      await works(target('doas'));
      await works(target('doas', undefined, 'other'));
    });

    it('with a password', async () => {
      doas('permit kw');
      await works(target('doas', fleet.password));
      doas('permit persist kw');
      await works(target('doas', fleet.password, 'other'));
    });

    it('says so when the password is wrong or missing, or the account may not', async () => {
      doas('permit kw');
      expect((await refusal(target('doas', 'wrong'))).parts.what).toBe('doas does not accept the password of kw');
      expect((await refusal(target('doas'))).parts.fix).toMatch(/--ask-become-pass/);
      doas('permit other');
      expect((await refusal(target('doas', fleet.password))).parts).toMatchObject({
        what: 'kw cannot become root with doas',
        why: expect.stringMatching(/not permitted/i),
      });
    });
  });

  describe.skipIf(noSu)(`su${noSu ? ` (${noSu})` : ''}`, () => {
    it('with the password of the other account', async () => {
      await works(target('su', ROOT_PASSWORD), { all: true });
      run('chpasswd', 'other:otherpw');
      await works(target('su', 'otherpw', 'other'));
    });

    it('says so when the password is wrong or missing', async () => {
      expect((await refusal(target('su', 'wrong'))).parts.what).toBe('su does not accept the password of root');
      expect((await refusal(target('su'))).parts).toMatchObject({
        why: expect.stringMatching(/password/i),
        fix: expect.stringMatching(/--ask-become-pass/),
      });
    });
  });

  it.each(['sudo', 'doas', 'su'] as const)('%s: nobody on the machine sees the password while a command runs', async (method) => {
    if (method === 'doas' && noDoas) return;
    sudoers('kw ALL=(ALL) ALL');
    if (!noDoas) run('cat > /etc/doas.conf && chmod 600 /etc/doas.conf', 'permit kw\n');
    const password = method === 'su' ? ROOT_PASSWORD : fleet.password;
    await withSession(target(method, password), async (session) => {
      const running = session.exec('sleep 1.5', { become: true, stdin: 'secret of the input\n' });
      let seen = '';
      for (let i = 0; i < 6; i++) {
        seen += run('cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" " "; ps -eo args');
        await sleep(100);
      }
      expect(seen).toContain('sleep 1.5');
      expect(seen).not.toContain(password);
      expect(seen).not.toContain('secret of the input');
      expect(await running).toEqual({ kind: 'exited', code: 0 });
    });
    expect(fleet.log('n1')).not.toContain(password);
  });

  const ends = [
    ['sudo', 'kw ALL=(ALL) ALL', 'root'],
    ['sudo for another account', 'kw ALL=(ALL) NOPASSWD: ALL', 'other'],
    ['sudo with a terminal', 'Defaults requiretty\nkw ALL=(ALL) ALL', 'root'],
    ['sudo with a terminal of its own', 'Defaults requiretty, use_pty\nkw ALL=(ALL) ALL', 'root'],
    ['doas', 'permit nopass kw', 'root'],
    ['doas with a terminal', 'permit kw', 'root'],
    ['su', ROOT_PASSWORD, 'root'],
  ] as const;
  it.each(ends)('ends a command that is called off, and what it has started: %s', async (name, rule, user) => {
    const method = name.split(' ')[0] as BecomeMethod;
    if (method === 'doas' && noDoas) return;
    if (method === 'sudo') sudoers(rule);
    if (method === 'doas') run('cat > /etc/doas.conf && chmod 600 /etc/doas.conf', `${rule}\n`);
    const password = method === 'su' ? rule : /nopass/i.test(rule) ? undefined : fleet.password;
    await withSession(target(method, password, user), async (session) => {
      const abort = new AbortController();
      let said = '';
      const begun = new Promise<void>((resolve) => {
        const onStdout = (chunk: Buffer): void => {
          said += chunk.toString();
          if (said.includes('begun')) resolve();
        };
        const options = { become: true, killOnAbort: true, signal: abort.signal, onStdout };
        // Commands that ask their parent for nothing, a hang-up included.
        const command = 'trap "" HUP; sleep 61 & sleep 62 & echo begun; sleep 63; echo survived';
        void session.exec(command, options).then((exit) => {
          said += exit.kind === 'lost' ? `|${exit.mayStillRun ?? 'ended'}` : `|${exit.kind}`;
        });
      });
      await begun;
      expect(run('ps -eo args')).toMatch(/^sleep 61$/m);
      abort.abort();
      await expect.poll(() => said, { timeout: 20_000 }).toBe('begun\n|ended');
      await expect.poll(() => run('ps -eo args'), { timeout: 20_000 }).not.toMatch(/^sleep 6/m);
      expect(await output(session, 'echo still there')).toBe('still there\n||0');
    });
    await expect.poll(() => run('ls -A /tmp'), { timeout: 20_000 }).toBe('');
  });
});
