import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Cli } from '../../support/cli.js';
import { CliFleet, GATED, reason, until } from '../../support/fleet/cli.js';

const NAMES = ['n1', 'n2', 'n3'];

describe.skipIf(reason)(`Ctrl-C during keys and exec${reason ? ` (${reason})` : ''}`, { timeout: 90_000 }, () => {
  const f = new CliFleet({ count: 3, settings: [GATED] });
  let silent: Server | undefined;
  const sockets: Socket[] = [];

  afterEach(() => {
    for (const s of sockets.splice(0)) s.destroy();
    silent?.close();
    silent = undefined;
    f.ungate();
  });

  const home = (name: string): string => f.fleet.hosts.find((h) => h.name === name)?.home ?? '';
  const files = (name: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(join(home(name), '.ssh')).map((file) => [file, readFileSync(join(home(name), '.ssh', file), 'utf8')]),
    );
  const gate = (name: string, file: string) => f.gate(name, file);
  const recap = (cli: Cli): string[] =>
    cli.out
      .trim()
      .split('\n')
      .map((l) => l.replaceAll(/ +/g, ' '));
  async function finishes(): Promise<void> {
    const again = await f.run(['keys', 'distribute']);
    expect(again.code, again.err).toBe(0);
    const check = await f.run(['keys', 'check']);
    expect(check.out).toContain('6 of 6 logins succeeded');
    for (const n of NAMES) expect(Object.keys(files(n)).filter((p) => p.includes('.kw-'))).toEqual([]);
  }

  it('once: what a machine is at is finished, nothing more is started; again: finished', async () => {
    const n2 = gate('n2', 'id_ed25519');
    const cli = f.start(['keys', 'distribute']);
    await until('n2 makes its key pair', n2.reached);
    await until('the others have theirs', () => ['n1', 'n3'].every((n) => existsSync(join(home(n), '.ssh/id_ed25519'))));
    cli.signal('SIGINT');
    await cli.shows('Interrupted: ');
    // The others have their files a moment before they are through.
    await cli.shows(/ Still at work: (n1, )?n2(, n3)?\.\n/);
    n2.open();
    expect(await cli.ended).toBe(130);
    expect(recap(cli)).toEqual([
      ...NAMES.flatMap((n) => [`${n} made a key pair /home/kw/.ssh/id_ed25519 (ed25519)`, ' not done: interrupted']),
      '3 hosts over 3 connections: 3 changed, 0 failed, 3 interrupted',
      'Run the same command again: finished work is kept.',
    ]);
    for (const n of NAMES) {
      expect(Object.keys(files(n)).sort()).toEqual(['authorized_keys', 'id_ed25519', 'id_ed25519.pub']);
      expect(files(n).authorized_keys).toBe(readFileSync(`${f.fleet.keyFile}.pub`, 'utf8'));
    }
    await finishes();
  });

  it('twice: what a machine is at is ended there, too, and its file is what it was', async () => {
    const n2 = gate('n2', 'authorized_keys');
    const cli = f.start(['keys', 'distribute']);
    await until('n2 puts its file in place', n2.reached);
    const before = files('n2').authorized_keys;
    await until('the others are finished', () => ['n1', 'n3'].every((n) => files(n).known_hosts?.includes('kubewright:n2')));
    // Their last file is in place a moment before their programs end; a second Ctrl-C would end them, too.
    await until('so are their programs', () => ['n1', 'n3'].every((n) => f.processes(n, 'sh -c sh').length === 0));
    await sleep(500);
    cli.signal('SIGINT');
    await cli.shows('Interrupted: ');
    cli.signal('SIGINT');
    expect(await cli.ended).toBe(130);
    expect(recap(cli).filter((l) => l.startsWith('n2') || l.includes(' hosts over '))).toEqual([
      'n2 made a key pair /home/kw/.ssh/id_ed25519 (ed25519)',
      '3 hosts over 3 connections: 3 changed, 0 failed, 1 interrupted',
    ]);
    await until('its program is gone', () => f.processes('n2', 'sleep 0.1').length + f.processes('n2', 'bin/mv').length === 0);
    await until('nothing lies beside', () => Object.keys(files('n2')).every((p) => !p.includes('.kw-')));
    expect(files('n2').authorized_keys).toBe(before);
    expect(files('n1').authorized_keys).toContain('kubewright:n2');
    rmSync(join(home('n2'), '../bin'), { recursive: true });
    await finishes();
  });

  it('twice, while it works for another account: what that runs is ended there, too', async () => {
    // The program waits for whoever holds the folder, for two minutes.
    f.fleet.run('n2', 'mkdir -p -m 700 /root/.ssh; flock /root/.ssh sleep 4335 >/dev/null 2>&1 &');
    const cli = f.start(['keys', 'distribute', '--for', 'root']);
    await until('n2 waits', () => f.processes('n2', 'flock -n 9').length + f.processes('n2', 'sleep 1').length > 0, cli);
    cli.signal('SIGINT');
    await cli.shows(/ Still at work: .*n2/);
    cli.signal('SIGINT');
    expect(await cli.ended).toBe(130);
    await until('it is gone', () => f.processes('n2', 'su -s /bin/sh root').length === 0);
    await until('so is its child', () => f.processes('n2', 'sleep 1').length === 0);
    for (const n of NAMES) f.fleet.run(n, 'pkill -KILL -x sleep; rm -rf /root/.ssh');
  });

  it('while one machine does not answer: none is waited for, none is touched', async () => {
    silent = createServer((s) => sockets.push(s));
    await new Promise<void>((resolve) => silent?.listen(0, '127.0.0.1', resolve));
    const at = silent.address();
    const port = typeof at === 'object' && at ? at.port : 0;
    const inventory = f.file('silent.ini', `gone ansible_host=127.0.0.1 ansible_port=${port} ansible_user=kw\n`);
    const before = NAMES.map(files);
    const logins = f.fleet.logins();
    const cli = f.start(['keys', 'distribute', '-i', f.fleet.inventoryPath, '-i', inventory, '--connect-timeout', '600']);
    await until('it is asked', () => sockets.length > 0);
    await until('the others have let us in', () => f.fleet.logins() === logins + 3);
    cli.signal('SIGINT');
    expect(await cli.ended).toBe(130);
    expect(recap(cli)).toEqual([
      ...[...NAMES, 'gone'].map((n) => `${n} not done: interrupted`),
      // sshd lets in a moment before we know of it.
      expect.stringMatching(/^4 hosts over [0-3] connections?: 0 changed, 0 failed, 4 interrupted$/),
      'Run the same command again: finished work is kept.',
    ]);
    expect(NAMES.map(files)).toEqual(before);
    const check = f.start(['keys', 'check', '-i', inventory, '-i', f.fleet.inventoryPath, '--connect-timeout', '600']);
    await until('it is asked again', () => sockets.length > 1);
    check.signal('SIGINT');
    expect(await check.ended).toBe(130);
  });

  it('exec: the commands are killed on the hosts, and the recap names them', async () => {
    const cli = f.start(['exec', 'all', '--', 'echo begun; [ "$(hostname)" = n1 ] || sleep 4321']);
    await until('it has begun everywhere', () => (cli.out.match(/begun/g)?.length ?? 0) === 3);
    await until('it runs', () => ['n2', 'n3'].every((n) => f.processes(n, 'sleep 4321').length > 0));
    cli.signal('SIGINT');
    expect(await cli.ended).toBe(130);
    const [first, ...lines] = cli.err.trim().split('\n');
    expect(first).toBe('Interrupted: the commands are killed.');
    expect(lines.pop()).toBe('3 hosts: 1 ok, 2 failed (n2, n3)');
    expect(lines.sort()).toEqual(['n2 | interrupted', 'n3 | interrupted']);
    for (const n of ['n2', 'n3']) await until('it is gone', () => f.processes(n, 'sleep 4321').length === 0);
  });

  it('exec --timeout ends them there, too', async () => {
    const cli = await f.run(['exec', 'n1', '--timeout', '1', '--', 'sleep 4322; echo survived']);
    expect(cli.code).toBe(1);
    expect(cli.err).toContain('took longer than 1 s and was killed');
    await until('it is gone', () => f.processes('n1', 'sleep 4322').length === 0);
    expect(cli.out).toBe('');
  });

  it('exec --become: the commands are killed at Ctrl-C and after --timeout', async () => {
    const cli = f.start(['exec', 'all', '--become', '--', 'echo begun; [ "$(hostname)" = n1 ] || sleep 4324; echo survived']);
    await until('it has begun everywhere', () => (cli.out.match(/begun/g)?.length ?? 0) === 3);
    await until('it runs', () => ['n2', 'n3'].every((n) => f.processes(n, 'sleep 4324').length > 0));
    cli.signal('SIGINT');
    expect(await cli.ended).toBe(130);
    expect(cli.err).toContain('n2 | interrupted\n');
    for (const n of ['n2', 'n3']) await until('it is gone', () => f.processes(n, 'sleep 4324').length === 0);
    const late = await f.run(['exec', 'n1', '--become', '--timeout', '2', '--', 'echo begun; sleep 4325; echo survived']);
    expect(late.code).toBe(1);
    expect(late.err).toContain('took longer than 2 s and was killed\n');
    await until('it is gone', () => f.processes('n1', 'sleep 4325').length === 0);
    expect(late.out).not.toContain('survived');
  });

  it('exec whose output nobody reads any more ends, and its commands with it', async () => {
    const cli = f.start(['exec', 'all', '--become', '--', 'yes 4327']);
    await cli.shows('4327');
    cli.readNoMore();
    expect(await cli.ended).toBe(141);
    for (const n of NAMES) await until('it is gone', () => f.processes(n, 'yes 4327').length === 0);
  });

  it('exec with few forks: those that have not begun are told, and run nothing', async () => {
    const cli = f.start(['exec', 'all', '--forks', '1', '--', 'echo begun > here; sleep 4323']);
    await until('one has begun', () => NAMES.some((n) => existsSync(join(home(n), 'here'))));
    cli.signal('SIGINT');
    expect(await cli.ended).toBe(130);
    // Some may have been connected to already, and wait for their turn.
    expect(cli.err).toMatch(/\n3 hosts: 0 ok, /);
    expect(NAMES.filter((n) => existsSync(join(home(n), 'here')))).toHaveLength(1);
  });
});

describe.skipIf(reason)(
  `exec --become on a server that opens one channel${reason ? ` (${reason})` : ''}`,
  { timeout: 90_000 },
  () => {
    const f = new CliFleet({ count: 1, settings: ['MaxSessions 1'] });

    it('says that the command may go on', async () => {
      const cli = await f.run(['exec', 'n1', '--become', '--timeout', '2', '--', 'echo begun; sleep 4326']);
      expect(cli.code).toBe(1);
      expect(cli.err).toContain('took longer than 2 s, and may still be running there: the server opens no second channel');
      f.fleet.run('n1', 'pkill -KILL -x sleep');
    });
  },
);
