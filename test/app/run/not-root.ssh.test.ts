import { describe, expect, it } from 'vitest';
import { CliFleet, reason } from '../../support/fleet/cli.js';

describe.skipIf(reason)(`tasks as a user other than root${reason ? ` (${reason})` : ''}`, { timeout: 60_000 }, () => {
  const f = new CliFleet({ count: 1 });

  it.each(['ansible_become=false', 'ansible_become_user=kw'])('are refused with the reason (%s)', async (extra) => {
    const playbook = f.file('p.yml', '- hosts: all\n  tasks: [{name: A, run: id > /tmp/never}]\n');
    // Even on a host that had a run as root.
    for (const before of ['rm -rf /run/kubewright', 'mkdir -m 700 /run/kubewright']) {
      f.fleet.run('n1', before);
      const cli = await f.run(['run', playbook, '-e', extra]);
      expect(cli.code).toBe(3);
      expect(cli.out).toMatch(
        /n1: tasks run as root, and kw may not write to \/run\/kubewright\n {2}\| Set ansible_become: true/,
      );
      expect(cli.out).not.toMatch(/sh: |mkdir: /);
    }
  });
});
