import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Shell } from '../../src/shell/shell.js';
import { sh } from '../../src/shell/shell.js';
import { waitFor } from '../../src/tasks/command.js';
import { block, directories, file } from '../../src/tasks/file.js';
import { kernelModules, sysctls } from '../../src/tasks/kernel.js';
import type { Task } from '../../src/tasks/task.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-tasks-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const owner = execFileSync('sh', ['-c', 'echo "$(id -un):$(id -gn)"'], { encoding: 'utf8' }).trim();

/** Runs a part of a task as the engine does: a bare subshell under errexit. */
function run(part: Shell): { ok: boolean; output: string } {
  const result = spawnSync('sh', { input: `( set -eu\n${part.text}\n)\nexit $?\n`, encoding: 'utf8' });
  return { ok: result.status === 0, output: result.stdout + result.stderr };
}

/** Check says no, apply works, check says yes. */
function converge(task: Task): void {
  expect(run(task.check).ok, `${task.id}: check before`).toBe(false);
  const applied = run(task.apply);
  expect(applied.ok, applied.output).toBe(true);
  expect(run(task.check).ok, `${task.id}: check after`).toBe(true);
}

describe('file', () => {
  const path = join(dir, "it's a file");
  const make = (content: string, mode = '0640') => file({ id: 'f', title: 'f', path, content, mode, owner });

  it('writes content and mode, and sees every difference', () => {
    converge(make("a\n  b 'c' $d `e` \\f\n"));
    expect(readFileSync(path, 'utf8')).toBe("a\n  b 'c' $d `e` \\f\n");
    expect(statSync(path).mode & 0o777).toBe(0o640);
    converge(make('other, without a last newline'));
    chmodSync(path, 0o666);
    converge(make('other, without a last newline'));
  });

  it('replaces a symbolic link, not what it points to', () => {
    const target = join(dir, 'target');
    writeFileSync(target, 'same');
    rmSync(path);
    symlinkSync(target, path);
    converge(make('same'));
    expect(readFileSync(target, 'utf8')).toBe('same');
    expect(existsSync(path)).toBe(true);
  });

  it('shows the difference before', () => {
    writeFileSync(path, 'old\n');
    expect(run(make('new\n').diff ?? sh``).output).toMatch(/-old\n\+new/);
  });
});

describe('directories', () => {
  it('are missed one by one', () => {
    const paths = [join(dir, 'd1'), join(dir, 'd2')];
    mkdirSync(paths[0] ?? '', { mode: 0o755 });
    converge(directories({ id: 'd', title: 'd', paths, mode: '0755', owner }));
    rmSync(paths[1] ?? '', { recursive: true });
    converge(directories({ id: 'd', title: 'd', paths, mode: '0755', owner }));
  });

  it('may be links where that is said, as /etc/kubernetes/pki of kubespray is', () => {
    const path = join(dir, 'pki');
    mkdirSync(join(dir, 'ssl'), { mode: 0o700 });
    symlinkSync('ssl', path);
    converge(directories({ id: 'd', title: 'd', paths: [path, join(path, 'etcd')], owner, mayBeLinks: true }));
    expect(readlinkSync(path)).toBe('ssl');
    const strict = directories({ id: 'd', title: 'd', paths: [path], owner });
    expect(run(strict.check).ok).toBe(false);
    expect(run(strict.diff ?? sh``).output).toContain('symbolic link');
    expect(run(directories({ id: 'd', title: 'd', paths: [path], owner, mayBeLinks: true }).diff ?? sh``).output).toBe(
      owner === 'root:root' ? '' : expect.anything(),
    );
  });

  it('get their mode also below a folder that hands its group on', () => {
    const above = join(dir, 'staff');
    mkdirSync(above);
    chmodSync(above, 0o2775);
    converge(directories({ id: 'd', title: 'd', paths: [join(above, 'bin')], mode: '0755', owner }));
  });
});

describe('block', () => {
  const path = join(dir, 'hosts');

  it('leaves what others wrote, byte for byte', () => {
    writeFileSync(path, '127.0.0.1 localhost\n# mine\n');
    const make = (content: string) => block({ id: 'b', title: 'b', path, marker: 'hosts', content });
    converge(make('10.0.0.1 a\n10.0.0.2 b'));
    converge(make('10.0.0.3 c'));
    expect(readFileSync(path, 'utf8')).toBe(
      '127.0.0.1 localhost\n# mine\n# BEGIN kubewright hosts\n10.0.0.3 c\n# END kubewright hosts\n',
    );
  });
});

describe('checks', () => {
  it('of several conditions fail when the first one fails', () => {
    const overlay = { name: 'overlay', filesystem: 'no-such-filesystem' };
    expect(run(kernelModules({ id: 'k', title: 'k', modules: [overlay] }).check).ok).toBe(false);
    expect(run(sysctls({ id: 's', title: 's', values: { 'net.no.such': '1' } }).check).ok).toBe(false);
  });

  it('of a kernel parameter with a floor leave a higher value as it is', () => {
    const key = 'fs.inotify.max_user_instances';
    const now = readFileSync('/proc/sys/fs/inotify/max_user_instances', 'utf8').trim();
    const diffOf = (floor: number): string =>
      run(sysctls({ id: 's', title: 's', values: {}, atLeast: { [key]: floor } }).diff ?? sh``).output;
    expect(diffOf(1)).toContain(`+${key} = ${now}`);
    expect(diffOf(1)).not.toContain('becomes');
    expect(diffOf(9_999_999)).toContain(`${key}: ${now} becomes 9999999`);
    expect(diffOf(9_999_999)).toContain(`+${key} = 9999999`);
  });
});

describe('waitFor', () => {
  it('waits for it, and says what it saw last when it gives up', () => {
    const path = join(dir, 'soon');
    const soon = waitFor({ id: 'w', title: 'w', until: sh`[ -e ${path} ] || { touch ${path}; exit 1; }`, timeoutSec: 10 });
    expect(run(soon.apply).ok).toBe(true);
    const never = run(waitFor({ id: 'w', title: 'w', until: sh`echo not yet; exit 1`, timeoutSec: 1 }).apply);
    expect(never.ok).toBe(false);
    expect(never.output).toMatch(/not yet\ngave up after 1 s/);
  });
});
