import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sh } from '../../../src/shell/shell.js';
import { play, runLocal, sandbox, task } from '../../support/local.js';

const SESSION = '0::/user.slice/user-1000.slice/session-7.scope\n';
const SERVICE = '0::/system.slice/ssh.service\n';

/** Runs one task on a machine with these files, and tells how systemd-run was called, if it was. */
async function scopeFor(files: Readonly<Record<string, string>>): Promise<string> {
  const box = sandbox();
  const write = (path: string, text: string): string => {
    const full = join(box.root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    return full;
  };
  for (const [path, text] of Object.entries(files)) write(`machine/${path}`, text);
  const called = join(box.root, 'called');
  const systemdRun = write(
    'bin/systemd-run',
    `#!/bin/sh\necho "$*" >${called}\nwhile :; do case $1 in --*) shift ;; *) break ;; esac; done\nexec "$@"\n`,
  );
  chmodSync(systemdRun, 0o755);
  const env = { KW_ROOT: join(box.root, 'machine'), PATH: `${join(box.root, 'bin')}:${process.env.PATH}` };
  const done = join(box.root, 'done');
  const result = await runLocal(box, [play('p', ['h'], () => [task('t', sh`[ -e ${done} ]`, sh`: > ${done}`)])], {
    shell: { name: 'sh', command: ['sh'], env },
  });
  expect(result.exitCode).toBe(0);
  return existsSync(called) ? readFileSync(called, 'utf8') : '';
}

/** With a real logind it was tried by hand on a lab machine: without the scope the program is gone a moment after the logout. */
describe('where logind ends what a user who logs out has at work', () => {
  it.each([
    'etc/systemd/logind.conf',
    'etc/systemd/logind.conf.d/10-kill.conf',
    'run/systemd/logind.conf.d/10-kill.conf',
    'usr/local/lib/systemd/logind.conf.d/10-kill.conf',
    'usr/lib/systemd/logind.conf.d/10-kill.conf',
  ])('a program gets a scope of its own (%s)', async (file) => {
    const call = await scopeFor({ 'proc/self/cgroup': SESSION, [file]: '[Login]\n KillUserProcesses = Yes\n' });
    expect(call).toMatch(/^--quiet --scope --collect sh .*\/guard\n$/);
  });

  it.each([
    ['it is not switched on', SESSION, '[Login]\n#KillUserProcesses=yes\nKillUserProcesses=no\n'],
    ['there is no session', SERVICE, '[Login]\nKillUserProcesses=yes\n'],
  ])('and none where %s', async (_, cgroup, conf) => {
    expect(await scopeFor({ 'proc/self/cgroup': cgroup, 'etc/systemd/logind.conf': conf })).toBe('');
  });
});
