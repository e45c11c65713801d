import { rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { CliFleet, reason, until } from '../../support/fleet/cli.js';

/** The second task waits for a file, so that the test decides when it ends; each task notes that it ran. */
const STEPS = `- name: Steps
  hosts: all
  tasks:
    - { name: One, run: echo one >> /root/ran }
    - name: Gate
      run: |
        echo gate >> /root/ran
        echo before the gate
        while [ ! -e /root/go ]; do sleep 0.1; done
        echo behind the gate
    - { name: Three, run: echo three >> /root/ran }
- name: Later
  hosts: all
  tasks:
    - { name: Four, run: echo four >> /root/ran }
`;
const HOSTS = ['n1', 'n2'];

describe.skipIf(reason)(`the controller is killed${reason ? ` (${reason})` : ''}`, { timeout: 90_000 }, () => {
  const f = new CliFleet({ count: 2 });
  let playbook = '';

  beforeEach(() => {
    playbook = f.file('steps.yml', STEPS);
    for (const host of HOSTS) for (const file of ['ran', 'go']) rmSync(f.root(host, file), { force: true });
  });

  /** A run that is killed while the gate is shut on both machines. Its name. */
  async function killed(): Promise<string> {
    const cli = f.start(['run', playbook, '--plain', '-v2']);
    await until('both are at the gate', () => HOSTS.every((h) => f.read(h, 'ran').endsWith('gate\n')), cli);
    cli.signal('SIGKILL');
    expect(await cli.ended).toBe('SIGKILL');
    const run = f.runs().at(-1) ?? '';
    expect(f.journal(run).end).toBeUndefined();
    return run;
  }
  const open = (): void => {
    for (const host of HOSTS) writeFileSync(f.root(host, 'go'), '');
  };

  it('runs attach picks the programs up, shows the rest, and ends as they do', async () => {
    const run = await killed();
    const attach = f.start(['runs', 'attach', run, '--plain', '-v2']);
    await attach.shows('has left a program running here');
    open();
    expect(await attach.ended).toBe(0);
    for (const host of HOSTS) {
      expect(attach.out).toMatch(new RegExp(`${host}.*behind the gate`));
      expect(attach.out).toMatch(new RegExp(`^${host} +: ok=0 +changed=3 +failed=0 +unreachable=0 +skipped=0`, 'm'));
      // The second play was to be started by the dead controller, and was not.
      expect(f.read(host, 'ran')).toBe('one\ngate\nthree\n');
      expect(f.left(host)).toBe('');
    }
    expect(attach.err).toContain(`kubewright run ${playbook} --plain -v2`);

    const journal = f.journal(f.runs().at(-1) ?? '');
    expect(journal.end).toMatchObject({ exitCode: 0 });
    const ends = journal.events.filter((e) => e.type === 'task-end');
    for (const host of HOSTS)
      expect(ends.filter((e) => e.host === host).map((e) => `${e.title} ${e.status}`)).toEqual([
        'One changed',
        'Gate changed',
        'Three changed',
      ]);
    expect((await f.run(['runs', 'show', run])).out).toContain('killed');
  });

  it('runs attach ends with 1 and says why when a task fails', async () => {
    playbook = f.file('steps.yml', STEPS.replace('echo three >>', 'echo wrong; exit 7; echo three >>'));
    const run = await killed();
    open();
    const attach = await f.run(['runs', 'attach', run, '--plain']);
    expect(attach.code).toBe(1);
    expect(attach.out).toMatch(/^FAILED n1, n2 .*: Three .*exit status 7/m);
    expect(attach.out).toMatch(/^n1 +: ok=0 +changed=2 +failed=1/m);
    for (const host of HOSTS) expect(f.left(host)).toBe('');
  });

  it('runs attach ends with 1 when the program was ended before its last task', async () => {
    const run = await killed();
    for (const host of HOSTS) f.fleet.run(host, `read -r pid rest < "$(echo /run/kubewright/${run}/*/main)" && kill "$pid"`);
    await until('the programs have ended', () =>
      HOSTS.every((h) => f.fleet.run(h, `cat /run/kubewright/${run}/*/rc`).stdout === '143\n'),
    );
    const attach = await f.run(['runs', 'attach', run, '--plain']);
    expect(attach.code).toBe(1);
    expect(attach.out).toContain('it was stopped on the host before its last task (status 143)');
    expect(attach.out).toMatch(/^n1 +: ok=0 +changed=1 +failed=1/m);
  });

  it('the same command again follows what is at work, and starts none of its tasks twice meanwhile', async () => {
    const run = await killed();
    const again = f.start(['run', playbook, '--plain', '-v2']);
    await again.shows('has left a program running here');
    expect(HOSTS.map((h) => f.read(h, 'ran'))).toEqual(['one\ngate\n', 'one\ngate\n']);
    open();
    expect(await again.ended).toBe(0);
    expect(again.out).toContain(`PLAY Steps (begun by run ${run})`);
    for (const host of HOSTS) {
      // These tasks have no check: once by the program that was followed, once by the plan of this run.
      expect(f.read(host, 'ran')).toBe('one\ngate\nthree\none\ngate\nthree\nfour\n');
      expect(again.out).toMatch(new RegExp(`^${host} +: ok=0 +changed=4 +failed=0`, 'm'));
      expect(f.left(host)).toBe('');
    }
  });

  it('the same command again does nothing a second time where tasks have a check', async () => {
    const checked = STEPS.replaceAll(
      /\{ name: (\w+), run: echo (\w+) >> .*\}/g,
      '{ name: $1, run: echo $2 >> /root/ran, check: grep -q $2 /root/ran }',
    ).replace('      run: |', '      check: grep -q gate /root/ran\n      run: |');
    playbook = f.file('steps.yml', checked);
    await killed();
    open();
    const again = await f.run(['run', playbook, '--plain']);
    expect(again.code).toBe(0);
    for (const host of HOSTS) {
      expect(f.read(host, 'ran')).toBe('one\ngate\nthree\nfour\n');
      expect(again.out).toMatch(new RegExp(`^${host} +: ok=3 +changed=1 +failed=0`, 'm'));
    }
  });

  it('runs attach to a run that ended meanwhile reads what nobody has read', async () => {
    const run = await killed();
    open();
    await until('the programs have ended', () =>
      HOSTS.every((h) => f.fleet.run(h, `cat /run/kubewright/${run}/*/rc`).stdout === '0\n'),
    );
    const attach = await f.run(['runs', 'attach', run, '--plain', '-v2']);
    expect(attach.code).toBe(0);
    expect(attach.out).toContain('has left a program that has ended, and whose output was not read');
    expect(attach.out).toMatch(/n1.*behind the gate/);
    expect(attach.out).toMatch(/^n1 +: ok=0 +changed=3/m);
    for (const host of HOSTS) expect(f.left(host)).toBe('');

    const twice = await f.run(['runs', 'attach', run]);
    expect(twice.code).toBe(2);
    expect(twice.err).toContain(`Run ${run} has no running task on these 2 hosts`);
    expect(twice.err).toContain(`kubewright runs show ${run}`);
  });

  it('runs attach to a run that ended well says with which exit code', async () => {
    open();
    expect((await f.run(['run', playbook])).code).toBe(0);
    const run = f.runs().at(-1) ?? '';
    const attach = await f.run(['runs', 'attach', run]);
    expect(attach.code).toBe(2);
    expect(attach.err).toMatch(/no running task.*\n.*It ended with exit code 0/);
  });

  it('runs attach to a run that never was is an error of input', async () => {
    const nowhere = await f.run(['runs', 'attach', '20200101-000000-none']);
    expect(nowhere.code).toBe(2);
    expect(nowhere.err).toContain('Run 20200101-000000-none has no running task on these 2 hosts');
    expect(nowhere.err).toContain('Check that this is the full name of the run');
    const noInventory = await f.run(['runs', 'attach', '20200101-000000-none'], { env: { KUBEWRIGHT_INVENTORY: undefined } });
    expect(noInventory.code).toBe(2);
    expect(noInventory.err).toContain('The hosts of run 20200101-000000-none are unknown');
    const empty = await f.run(['runs', 'attach', '--journal-dir', f.file('none', '')], {
      env: { KUBEWRIGHT_INVENTORY: undefined },
    });
    expect(empty.code).toBe(2);
    expect(empty.err).not.toMatch(/bug in kubewright/);
  });

  it('runs attach only watches while the controller lives, and Ctrl-C there stops nothing', async () => {
    const cli = f.start(['run', playbook, '--plain', '-v2']);
    await until('both are at the gate', () => HOSTS.every((h) => f.read(h, 'ran').endsWith('gate\n')), cli);
    const run = f.runs().at(-1) ?? '';
    const watch = f.start(['runs', 'attach', run, '--plain', '-v2']);
    await watch.shows('this command only watches');
    await watch.shows('before the gate');
    watch.signal('SIGINT');
    expect(await watch.ended).toBe(130);
    expect(cli.running).toBe(true);
    open();
    expect(await cli.ended).toBe(0);
    for (const host of HOSTS) expect(f.read(host, 'ran')).toBe('one\ngate\nthree\nfour\n');
  });
});
