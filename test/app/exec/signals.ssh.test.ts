import { createServer } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Cli, missingForPty } from '../../support/cli.js';
import { CliFleet, reason as noFleet, until } from '../../support/fleet/cli.js';
import { Gate } from '../../support/fleet/gate.js';

const reason = noFleet ?? missingForPty();
const CTRL_C = '\x03';
/** Shows the cursor again. */
const CURSOR = '\x1b[?25h';

describe.skipIf(reason)(`signals${reason ? ` (${reason})` : ''}`, { timeout: 90_000 }, () => {
  const f = new CliFleet({ count: 1 });
  const gate = new Gate(f);
  let playbook = '';

  beforeEach(() => {
    playbook = gate.shut();
  });

  async function atTheGate(args: readonly string[] = [], pty = true): Promise<Cli> {
    const cli = f.start(['run', playbook, ...args], { pty });
    await until('it is at the gate', () => gate.reached(), cli);
    return cli;
  }
  const end = (): unknown => f.journal(f.runs().at(-1) ?? '').end;
  const atWork = (): string[] => f.processes('n1', '/run/kubewright');

  it.each([[[] as string[]], [['--plain']]])(
    'Ctrl-C once lets the running task finish and starts nothing more %j',
    async (args) => {
      const cli = await atTheGate(args);
      cli.type(CTRL_C);
      await cli.shows('Interrupted: waiting for running tasks to finish. Press Ctrl-C again to stop them.');
      await until('the host knows', () => f.fleet.run('n1', 'ls /run/kubewright/*/*/stop').code === 0, cli);
      gate.open();
      expect(await cli.ended).toBe(130);
      expect(f.read('n1', 'ran')).toBe('gate\nopened\n');
      expect(cli.out).toMatch(/n1 +: ok=0 +changed=1 +failed=0 +unreachable=0 +skipped=1/);
      if (args.length === 0) expect(cli.out.lastIndexOf(CURSOR)).toBeGreaterThan(cli.out.lastIndexOf('\x1b[?25l'));
      expect(end()).toMatchObject({ exitCode: 130, recap: [{ host: 'n1', changed: 1, failed: 0, skipped: 1 }] });
      expect(f.left('n1')).toBe('');
      expect(atWork()).toEqual([]);
    },
  );

  it('Ctrl-C twice also stops the running task on the host', async () => {
    const cli = await atTheGate();
    cli.type(CTRL_C);
    await cli.shows('Press Ctrl-C again to stop them.');
    cli.type(CTRL_C);
    expect(await cli.ended).toBe(130);
    expect(cli.out).toContain('Interrupted again: stopping running tasks.');
    expect(cli.out).toMatch(/n1 +: ok=0 +changed=0 +failed=1 +unreachable=0 +skipped=1/);
    expect(cli.out).toMatch(/FAILED n1: Gate .*\r?\n +\| interrupted/);
    expect(end()).toMatchObject({ exitCode: 130, recap: [{ host: 'n1', failed: 1, skipped: 1 }] });
    expect(atWork()).toEqual([]);
    expect(f.left('n1')).toBe('');
    gate.open();
    expect(f.read('n1', 'ran')).toBe('gate\n');
  });

  it('Ctrl-C three times exits at once, with a complete journal; the next run recovers', async () => {
    const cli = await atTheGate();
    cli.type(CTRL_C);
    await cli.shows('Press Ctrl-C again to stop them.');
    cli.type(CTRL_C);
    await cli.shows('Interrupted again');
    cli.type(CTRL_C);
    expect(await cli.ended).toBe(130);
    expect(cli.out.lastIndexOf(CURSOR)).toBeGreaterThan(cli.out.lastIndexOf('\x1b[?25l'));
    expect(cli.out).toMatch(/n1 +: ok=0 +changed=0/);
    expect(end()).toMatchObject({ exitCode: 130, recap: [{ host: 'n1' }] });
    // Whether the host was told to stop in time is left to chance, so the program may still be running.
    gate.open();
    const again = await f.run(['run', playbook, '--plain']);
    expect(again.code).toBe(0);
    expect(f.read('n1', 'ran')).toMatch(/gate\nopened\nafter\nthen\n$/);
    expect(f.left('n1')).toBe('');
    expect(atWork()).toEqual([]);
  });

  it('SIGTERM is the same as Ctrl-C', async () => {
    const cli = await atTheGate(['--plain'], false);
    cli.signal('SIGTERM');
    await cli.shows('Press Ctrl-C again to stop them.');
    cli.signal('SIGTERM');
    expect(await cli.ended).toBe(130);
    expect(end()).toMatchObject({ exitCode: 130 });
    expect(atWork()).toEqual([]);
    expect(f.left('n1')).toBe('');
  });

  it.each([[[] as string[]], [['--plain', '-v2']]])('closing the terminal stops nothing %j', async (args) => {
    const cli = await atTheGate(args);
    cli.hangUp();
    const run = f.runs().at(-1) ?? '';
    gate.open();
    expect(await cli.ended).toBe(0);
    expect(f.read('n1', 'ran')).toBe('gate\nopened\nafter\nthen\n');
    expect(f.journal(run).end).toMatchObject({ exitCode: 0, recap: [{ host: 'n1', changed: 3 }] });
    expect(f.left('n1')).toBe('');
  });

  it('losing the reader of the output stops nothing', async () => {
    const cli = await atTheGate(['--plain'], false);
    cli.readNoMore();
    gate.open();
    expect(await cli.ended).toBe(0);
    expect(f.read('n1', 'ran')).toBe('gate\nopened\nafter\nthen\n');
    expect(end()).toMatchObject({ exitCode: 0 });
  });

  it('Ctrl-C while connecting ends it with nothing touched', async () => {
    let asked = 0;
    const silent = createServer(() => asked++).listen(0, '127.0.0.1');
    await new Promise((r) => silent.once('listening', r));
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const inventory = f.file('silent.ini', `silent ansible_host=127.0.0.1 ansible_port=${port} ansible_timeout=600\n`);
    const cli = f.start(['run', playbook, '-i', inventory], { pty: true });
    await until('it knocks', () => asked > 0, cli);
    cli.type(CTRL_C);
    expect(await cli.ended).toBe(130);
    expect(cli.out).toContain('Interrupted while connecting');
    silent.close();
  });
});
