import { rmSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { CliFleet, reason } from './cli-fleet.js';

const HOSTS = ['n1', 'n2'];
/** The operator's journals lie on a disk of 128 KiB. */
const SMALL_DISK = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mkdir -p small && mount -t tmpfs -o size=128k tmpfs small && exec "$0" "$@" --journal-dir small',
];

describe.skipIf(reason)(`a disk that gets full under the journal${reason ? ` (${reason})` : ''}`, { timeout: 60_000 }, () => {
  const f = new CliFleet({ count: 2 });
  beforeEach(() => {
    for (const host of HOSTS) rmSync(f.root(host, 'ran'), { force: true });
  });

  it.each([[['--plain']], [['--json']]])('is told once, and the run goes on %j', async (view) => {
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
    expect(cli.out.match(/Not all of this run stands in its journal: ENOSPC/g)).toHaveLength(1);
    for (const host of HOSTS) {
      expect(f.read(host, 'ran')).toBe('much\nafter\nthen\n');
      expect(f.left(host)).toBe('');
    }
  });
});
