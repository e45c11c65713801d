import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliFleet, reason, until } from '../../support/fleet/cli.js';
import { Gate } from '../../support/fleet/gate.js';

/** So long that only Ctrl-C can be what ends it: 90 minutes for the first word. */
const PATIENT = ['--connect-timeout', '1800'];

describe.skipIf(reason)(`a host that is silent after the login${reason ? ` (${reason})` : ''}`, { timeout: 120_000 }, () => {
  const f = new CliFleet({ count: 2 });
  const gate = new Gate(f);
  let playbook = '';
  let jump: Server | undefined;
  const sockets: Socket[] = [];
  const home = (name: string): string => f.fleet.hosts.find((h) => h.name === name)?.home ?? '';
  const reached = (): boolean => existsSync(join(home('n2'), 'here'));

  beforeEach(() => {
    playbook = gate.shut();
  });
  afterEach(() => {
    for (const s of sockets.splice(0)) s.destroy();
    jump?.close();
    jump = undefined;
    for (const file of ['.ssh/rc', 'here']) rmSync(join(home('n2'), file), { force: true });
    f.fleet.run('n2', 'pkill -KILL -x sleep');
  });

  /** sshd runs this for every command, before the login shell does anything. */
  const hang = (): void => writeFileSync(join(home('n2'), '.ssh/rc'), ': > /home/kw/here; exec sleep 4337\n', { mode: 0o755 });
  const COMMANDS: Record<string, () => string[]> = {
    run: () => ['run', playbook, '--plain'],
    exec: () => ['exec', 'all', '--', 'true'],
    'exec -b': () => ['exec', 'all', '-b', '--', 'true'],
    'keys distribute': () => ['keys', 'distribute'],
    verify: () => [
      'verify',
      '-i',
      f.fleet.inventoryPath,
      '-i',
      f.file('cluster.ini', '[kube_control_plane]\nn1\n[kube_node]\nn2\n'),
    ],
  };

  /** Flags go before what `exec` runs. */
  function commandWith(name: string, flags: readonly string[]): string[] {
    const args = COMMANDS[name]?.() ?? [];
    const at = args.includes('--') ? args.indexOf('--') : args.length;
    return [...args.slice(0, at), ...flags, ...args.slice(at)];
  }

  it.each(Object.keys(COMMANDS))('one Ctrl-C ends %s at once, and what it says is true', async (name) => {
    hang();
    const cli = f.start(commandWith(name, PATIENT));
    await until('n2 hangs', reached, cli);
    cli.signal('SIGINT');
    expect(await cli.ended).toBe(130);
    const said = cli.out + cli.err;
    expect(said).toContain('Interrupted');
    // The key pair of n1 may be under way.
    if (name !== 'keys distribute') expect(said).not.toContain('waiting for running tasks');
    expect(f.left('n2')).toBe('');
    expect(f.left('n1')).toBe('');
  });

  it.each(Object.keys(COMMANDS))('%s names its login shell and what to do, within seconds', async (name) => {
    hang();
    const cli = await f.run(commandWith(name, ['--connect-timeout', '3']));
    expect([1, 3]).toContain(cli.code);
    const said = cli.out + cli.err;
    expect(said).toMatch(/The login shell of kw does not run what it is\s+given/);
    expect(said).toMatch(/It did not begin within 9 s/);
    expect(said).toMatch(/\.bashrc/);
  });

  it('one Ctrl-C ends the wait for a jump host that accepts and is silent', async () => {
    jump = createServer((s) => sockets.push(s.on('error', () => undefined)));
    await new Promise<void>((resolve) => jump?.listen(0, '127.0.0.1', resolve));
    const at = jump.address();
    const port = typeof at === 'object' && at ? at.port : 0;
    const inventory = f.file(
      'jump.ini',
      `far ansible_host=10.255.0.1 ansible_ssh_common_args='-o ProxyJump=kw@127.0.0.1:${port} -o ConnectTimeout=1800'\n`,
    );
    const cli = f.start(['exec', 'far', '-i', inventory, ...PATIENT, '--', 'true']);
    await until('it knocks', () => sockets.length > 0, cli);
    cli.signal('SIGINT');
    expect(await cli.ended).toBe(130);
  });

  it('one Ctrl-C ends the pauses of a server that drops every connection (MaxStartups)', async () => {
    jump = createServer((s) => {
      sockets.push(s.on('error', () => undefined));
      s.end('Not allowed at this time\r\n');
    });
    await new Promise<void>((resolve) => jump?.listen(0, '127.0.0.1', resolve));
    const at = jump.address();
    const port = typeof at === 'object' && at ? at.port : 0;
    const inventory = f.file('full.ini', `full ansible_host=127.0.0.1 ansible_port=${port} ansible_user=kw\n`);
    const cli = f.start(['run', playbook, '--plain', '-i', inventory, '--limit', 'full', ...PATIENT]);
    await until('it has tried some times', () => sockets.length > 2, cli);
    cli.signal('SIGINT');
    expect(await cli.ended).toBe(130);
    expect(cli.out + cli.err).toContain('Interrupted');
  });
});
