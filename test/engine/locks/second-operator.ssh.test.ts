import { hostname, userInfo } from 'node:os';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cli } from '../../support/cli.js';
import { CliFleet, reason, until } from '../../support/fleet/cli.js';
import { Gate } from '../../support/fleet/gate.js';

const HOSTS = ['n1', 'n2'];
const me = `${userInfo().username}@${hostname()}`;
/** The same box under another name: another operator, whose processes can be looked at. */
const BOB = ['unshare', '--uts', 'sh', '-c', 'hostname bobs-laptop && exec "$0" "$@"'];

describe.skipIf(reason)(`two operators${reason ? ` (${reason})` : ''}`, { timeout: 90_000 }, () => {
  const f = new CliFleet({ count: 2 });
  const gate = new Gate(f);
  let first = '';
  let second = '';

  beforeEach(() => {
    first = gate.shut();
    second = f.file('second.yml', '- { hosts: all, tasks: [{ name: Second, run: echo second >> /root/ran }] }\n');
  });

  async function atTheGate(): Promise<{ cli: Cli; run: string }> {
    const cli = f.start(['run', first, '--plain']);
    await until('both are at the gate', () => gate.reached(), cli);
    return { cli, run: f.runs().at(-1) ?? '' };
  }

  it('the second stops at once with exit code 4, and says who, from where, since when, which run', async () => {
    const { cli, run } = await atTheGate();
    const other = await f.run(['run', second, '--limit', 'n2'], { under: BOB });
    expect(other.code).toBe(4);
    expect(other.err).toContain('Another run is at work on this host');
    expect(other.err).toMatch(new RegExp(`${me} since 20\\d\\d-\\S+Z, run ${run}, process ${cli.pid} of this machine`));
    expect(other.err).toContain(`kubewright runs attach ${run}`);
    expect(other.err).toContain('--force-unlock');
    expect(f.journal(f.runs().at(-1) ?? '').end).toMatchObject({ exitCode: 4 });

    gate.open();
    expect(await cli.ended).toBe(0);
    for (const host of HOSTS) {
      expect(f.read(host, 'ran')).toBe('gate\nopened\nafter\nthen\n');
      expect(f.left(host)).toBe('');
    }
  });

  it('--force-unlock takes the lock of a run that lives: both say what became of its program', async () => {
    const { cli, run } = await atTheGate();
    const other = await f.run(['run', second, '--plain', '--force-unlock', '--limit', 'n2'], { under: BOB });
    expect(other.code).toBe(0);
    expect(other.out).toMatch(
      new RegExp(
        `warning: n2: broke the lock of run ${run} \\(${me}, .*\\); its program was stopped at task 1 of 2, Gate \\(play First\\)`,
      ),
    );
    expect(f.processes('n2', 'sleep 0.1')).toEqual([]);
    expect(f.read('n2', 'ran')).toBe('gate\nsecond\n');
    expect(f.left('n2')).toBe('');

    // n1 was not in dispute.
    gate.open();
    expect(await cli.ended).toBe(1);
    expect(f.read('n1', 'ran')).toBe('gate\nopened\nafter\nthen\n');
    expect(f.read('n2', 'ran')).toBe('gate\nsecond\n');
    const by = f.runs().at(-1) ?? '';
    expect(cli.out).toContain(`warning: n2: the lock of this run was taken by ${userInfo().username}@bobs-laptop, run ${by}`);
    expect(cli.out).toMatch(/^FAILED n2: .*Gate/m);
    expect(cli.out).toMatch(/^n1 +: ok=0 +changed=3 +failed=0/m);
    expect(cli.out).toMatch(/^n2 +: ok=0 +changed=0 +failed=1/m);
    // Why it failed is told with it.
    expect(cli.out.slice(cli.out.lastIndexOf('FAILURES'))).toContain(
      `FAILED n2: its tasks were stopped on the host: the lock was taken by ${userInfo().username}@bobs-laptop, run ${by}`,
    );
    for (const host of HOSTS) expect(f.left(host)).toBe('');
  });

  it('the program of a dead run is told to others; --force-unlock stops it', async () => {
    const { cli, run } = await atTheGate();
    cli.signal('SIGKILL');
    await cli.ended;
    const other = await f.run(['run', second], { under: BOB });
    expect(other.code).toBe(4);
    expect(other.err).toContain('A run whose controller is gone still has programs running on 2 hosts');
    expect(other.err).toMatch(new RegExp(`${me} since .*, run ${run}; its controller, process \\d+ of this machine, is gone`));
    expect(other.err).toContain('n1: task 1 of 2, Gate (play First)');
    for (const host of HOSTS) expect(f.read(host, 'ran')).toBe('gate\n');

    const force = await f.run(['run', second, '--plain', '--force-unlock'], { under: BOB });
    expect(force.code).toBe(0);
    expect(force.out).toMatch(/warning: n1: broke the lock of run .*its program was stopped at task 1 of 2, Gate/);
    gate.open();
    for (const host of HOSTS) {
      expect(f.processes(host, '/run/kubewright')).toEqual([]);
      expect(f.read(host, 'ran')).toBe('gate\nsecond\n');
      expect(f.left(host)).toBe('');
    }
  });

  it('--force-unlock stops the program of a dead run of one’s own, too, rather than wait for it', async () => {
    const { cli, run } = await atTheGate();
    cli.signal('SIGKILL');
    await cli.ended;
    const force = await f.run(['run', second, '--plain', '--force-unlock']);
    expect(force.code).toBe(0);
    expect(force.out).toContain(`warning: n1: broke the lock of run ${run}`);
    for (const host of HOSTS) expect(f.read(host, 'ran')).toBe('gate\nsecond\n');
  });

  it('the lock of a dead run without a program is taken over with a word', async () => {
    const { cli, run } = await atTheGate();
    cli.signal('SIGKILL');
    await cli.ended;
    gate.open();
    await until('the programs have ended', () =>
      HOSTS.every((h) => f.fleet.run(h, `cat /run/kubewright/${run}/*/rc`).stdout === '0\n'),
    );
    const other = await f.run(['run', second, '--plain'], { under: BOB });
    expect(other.code).toBe(0);
    expect(other.out).toMatch(new RegExp(`warning: n1: took over the stale lock of run ${run} .*its controller is gone`));
    for (const host of HOSTS) {
      expect(f.read(host, 'ran')).toBe('gate\nopened\nafter\nsecond\n');
      expect(f.left(host)).toBe('');
    }
  });
});
