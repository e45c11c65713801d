import { rmSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { CliFleet, reason, until } from '../../support/fleet/cli.js';

const HOSTS = ['n1', 'n2'];
/** The journals are on a disk of 128 KiB. */
const SMALL_DISK = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mkdir -p small && mount -t tmpfs -o size=128k tmpfs small && exec "$0" "$@" --journal-dir small',
];

const FULL_STDOUT = ['sh', '-c', 'exec "$0" "$@" > /dev/full'];

describe.skipIf(reason)(`a disk that gets full under the journal${reason ? ` (${reason})` : ''}`, { timeout: 60_000 }, () => {
  const f = new CliFleet({ count: 2 });
  beforeEach(() => {
    for (const host of HOSTS) rmSync(f.root(host, 'ran'), { force: true });
  });

  it.each([[['--plain']], [['--json']]])('is reported once, and the run continues %j', async (view) => {
    const playbook = f.file(
      'much.yml',
      `- hosts: all
  tasks:
    - { name: Much, run: echo much >> /root/ran; seq 30000 }
    - { name: After, run: echo after >> /root/ran }
- { hosts: all, tasks: [{ name: Then, run: echo then >> /root/ran }] }
`,
    );
    const cli = await f.run(['run', playbook, ...view], { under: SMALL_DISK });
    expect(cli.err).not.toContain('bug in kubewright');
    expect(cli.code).toBe(0);
    expect(cli.out.match(/The journal of this run is incomplete: ENOSPC/g)).toHaveLength(1);
    for (const host of HOSTS) {
      expect(f.read(host, 'ran')).toBe('much\nafter\nthen\n');
      expect(f.left(host)).toBe('');
    }
  });

  // Behaves like a log on a full disk.
  it.skipIf(process.platform !== 'linux')(
    'under the output of a run is reported once on stderr, and the run continues',
    async () => {
      const playbook = f.file(
        'some.yml',
        '- hosts: all\n  tasks: [{name: A, run: seq 1000}, {name: B, run: sleep 1; echo b >> /root/ran}]\n',
      );
      for (const view of ['--plain', '--json']) {
        for (const host of HOSTS) rmSync(f.root(host, 'ran'), { force: true });
        const cli = await f.run(['run', playbook, view, '-v2'], { under: FULL_STDOUT });
        expect(cli.err).toMatch(/^warning: Some output of this run was lost; the run continues\n {2}why: {2}ENOSPC[^\n]*\n$/);
        expect(cli.code).toBe(0);
        for (const host of HOSTS) {
          expect(f.read(host, 'ran')).toBe('b\n');
          expect(f.left(host)).toBe('');
        }
      }
    },
  );

  it.skipIf(process.platform !== 'linux')('ends exec, and its commands on the hosts', async () => {
    const cli = await f.run(['exec', 'all', '--', 'echo x; sleep 987'], { under: FULL_STDOUT });
    expect(cli.err).toMatch(/^error: Cannot write the output\n {2}why: {2}ENOSPC[^\n]*\n {2}hint: Free some space/);
    expect(cli.code).toBe(1);
    // They receive a signal and may take a moment to end.
    await until('the commands are gone', () => HOSTS.every((host) => f.processes(host, 'sleep 987').length === 0));
  });

  it.skipIf(process.platform !== 'linux')('is not reported as a bug by other commands', async () => {
    for (const args of [['runs', 'list'], ['inventory', 'list'], ['run', '--help'], ['--help'], ['--version']]) {
      const cli = await f.run(args, { under: FULL_STDOUT });
      expect(cli.err).toMatch(/^error: Cannot write the output\n {2}why: {2}ENOSPC[^\n]*\n {2}hint: Free some space/);
      expect(cli.code).toBe(1);
    }
  });
});
