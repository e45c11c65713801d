import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CliFleet, reason } from '../../support/fleet/cli.js';

/** Every path in a directory with type, mode, owner, times and content. Times of directories reveal temporary files. */
function snapshot(top: string): Record<string, string> {
  const paths = ['', ...readdirSync(top, { recursive: true, encoding: 'utf8' })];
  return Object.fromEntries(
    paths.sort().map((path) => {
      const full = join(top, path);
      const s = lstatSync(full);
      const what = s.isFile()
        ? createHash('sha256').update(readFileSync(full)).digest('hex')
        : s.isSymbolicLink()
          ? readlinkSync(full)
          : '';
      return [path, `${s.mode.toString(8)} ${s.uid}:${s.gid} ${s.mtimeMs} ${s.ctimeMs} ${what}`];
    }),
  );
}

/** One task of each kind; most would change something, one is done, one cannot be checked yet. */
const PLAYBOOK = `- name: Kinds
  hosts: all
  tasks:
    - { name: Folder, check: test -d /root/etc/app, run: mkdir -p /root/etc/app }
    - name: New file
      copy: { dest: /root/etc/app/new.conf, content: "a\\nb\\n", mode: '0600' }
    - name: Changed file
      copy: { dest: /root/etc/old.conf, content: "one\\nzwei\\n", mode: '0640' }
    - name: Same file
      copy: { dest: /root/etc/same.conf, content: "same\\n", mode: '0644' }
    - name: Secret file
      sensitive: true
      copy: { dest: /root/etc/secret.conf, content: "pass-word-new\\n", mode: '0600' }
    - name: Big file
      copy: { dest: /root/etc/big.bin, src: big.bin }
    - { name: Each time, run: date >> /root/etc/dates }
    - { name: Script, script: { src: setup.sh, creates: /root/etc/set-up } }
    - { name: Link, check: test -L /root/etc/link, run: ln -s old.conf /root/etc/link }
- name: Later
  hosts: all
  tasks:
    - { name: Uses what came before, check: grep -q zwei /root/etc/old.conf, run: echo never >> /root/etc/old.conf }
`;

describe.skipIf(reason)(`--check on a plain host${reason ? ` (${reason})` : ''}`, { timeout: 60_000 }, () => {
  // All that it can write to except /run and /tmp, private to the host so that the test sees it.
  const f = new CliFleet({
    count: 1,
    setup: `mount -t tmpfs -o mode=0755 tmpfs /run; mkdir -p /run/sshd
for d in tmp var/cache var/lib opt; do mkdir -p /root/own/$d; mount --bind /root/own/$d /$d; done; chmod 1777 /tmp`,
  });

  it('changes no file, mode, owner or time, and announces what the run then does', async () => {
    f.fleet.run(
      'n1',
      'mkdir /root/etc; cd /root/etc; printf "one\\ntwo\\n" >old.conf; echo same >same.conf; chmod 644 same.conf; echo pass-word-old >secret.conf; chmod 600 secret.conf',
    );
    f.file('big.bin', 'x'.repeat(300_000));
    f.file('setup.sh', '#!/bin/sh\ntouch /root/etc/set-up\n');
    const playbook = f.file('kinds.yml', PLAYBOOK);
    const [host] = f.fleet.hosts;
    if (!host) throw new Error('no machine');
    const look = (): unknown => ({
      machine: snapshot(join(host.dir, 'root')),
      home: snapshot(join(host.dir, 'home')),
      ssh: snapshot(join(host.dir, 'ssh')),
    });

    const before = look();
    for (const flags of [['--check'], ['--check', '--diff']]) {
      const check = await f.run(['run', playbook, ...flags, '--plain', '-v2']);
      expect(check.code).toBe(0);
      expect(check.out).toMatch(/^n1 +: ok=1 +would-change=9/m);
      expect(look()).toEqual(before);
      expect(f.left('n1')).toBe('');
    }
    const announced = f.journal(f.runs().at(-1) ?? '').events.filter((e) => e.type === 'task-end');
    expect(f.everything()).toContain('+zwei');
    expect(f.everything()).not.toMatch(/pass-word-(old|new)/);

    const run = await f.run(['run', playbook, '--plain']);
    expect(run.code).toBe(0);
    expect(look()).not.toEqual(before);
    const done = f.journal(f.runs().at(-1) ?? '').events.filter((e) => e.type === 'task-end');
    const of = (events: typeof done, status: string): string[] => events.filter((e) => e.status === status).map((e) => e.task);
    expect(of(announced, 'would-change').filter((t) => t !== 'uses-what-came-before')).toEqual(of(done, 'changed'));
  });
});
