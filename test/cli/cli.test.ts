import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/base/package-root.js';

const built = existsSync(join(PACKAGE_ROOT, 'dist/cli/main.js')) && existsSync(join(PACKAGE_ROOT, 'oclif.manifest.json'));

function kubewright(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(PACKAGE_ROOT, 'bin/run.js'), ...args], (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

describe.skipIf(!built)('the built command line', () => {
  it('lists every command in --help, though it loads none of them', async () => {
    const { out } = await kubewright('--help');
    const files = readdirSync(join(PACKAGE_ROOT, 'src/commands'), { recursive: true, encoding: 'utf8' });
    const shared = /(^|\/)(flags|options)\.ts$/;
    const ids = files.filter((f) => f.endsWith('.ts') && !shared.test(f)).map((f) => f.slice(0, -3).replaceAll('/', ':'));
    for (const id of ids) expect(out).toMatch(new RegExp(`^  ${id.split(':')[0]} `, 'm'));
    const manifest = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'oclif.manifest.json'), 'utf8'));
    expect(Object.keys(manifest.commands).sort()).toEqual(ids.sort());
  });

  it('prints the help of a command in either spelling', async () => {
    const [flag, word] = await Promise.all([kubewright('provision', '--help'), kubewright('help', 'provision')]);
    expect(flag.out).toContain('--ask-become-pass');
    expect(word).toEqual(flag);
    expect((await kubewright('help')).out).toBe((await kubewright('--help')).out);
  });

  it('prints the version as oclif does', async () => {
    const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
    const { code, out } = await kubewright('--version');
    expect({ code, out }).toEqual({
      code: 0,
      out: `kubewright/${version} ${process.platform}-${process.arch} node-${process.version}\n`,
    });
  });

  it('takes the inventory from the environment', async () => {
    process.env.KUBEWRIGHT_INVENTORY = join(PACKAGE_ROOT, 'inventories/single/hosts.ini');
    const { code, out } = await kubewright('inventory', 'graph');
    delete process.env.KUBEWRIGHT_INVENTORY;
    expect({ code, first: out.split('\n')[0] }).toEqual({ code: 0, first: '@all:' });
  });

  it('reports a wrong flag or command with exit code 2 and no stack trace', async () => {
    for (const args of [['provision', '--no-such-flag'], ['nonsense']]) {
      const { code, err } = await kubewright(...args);
      expect(code).toBe(2);
      expect(err).toMatch(/no-such-flag|nonsense/);
      expect(err).not.toMatch(/\n\s+at /);
    }
  });

  it.each([
    [['provison'], 'Unknown command "provison". Did you mean "provision"?\n'],
    [['runs', 'lst'], 'Unknown command "runs lst". Did you mean "runs list"?\n'],
    [['ansible-vault', 'edit'], 'Unknown command "ansible-vault"\n  hint: Run kubewright --help to list the commands\n'],
    [['runs', 'prune', 'x', '--keep', '1'], 'Unexpected argument "x"\n  hint: Run kubewright runs prune --help'],
    [['provision', '--limt', 'x'], 'Unknown flag "--limt". Did you mean "--limit"?\n'],
    [['lab', 'snapshot', 'foo'], 'foo is not one of save, restore, delete, remove, list\n'],
    [['keys', 'distribute', '--type', 'foo'], '--type: foo is not one of ed25519, ecdsa, rsa\n'],
    [['runs', 'prune', '--keep', '-1'], '--keep: -1 is not an integer greater than or equal to 0\n'],
    [
      ['run'],
      'Missing argument PLAYBOOK: playbook to run (YAML)\n  hint: Run kubewright run --help to list arguments and flags\n',
    ],
    [['runs', 'prune'], 'Missing flag --keep\n  hint: Run kubewright runs prune --help'],
    [['run', 'p', '-f', 'x'], '--forks: x is not an integer\n  hint: Run kubewright run --help'],
    [['run', 'p', '--json', '--plain'], '--plain cannot be combined with --json\n  hint: '],
    [['run', 'p', '--journal-dir'], '--journal-dir needs a value\n  hint: '],
    [['run', 'p', '-e', 'a=--json=true', '--nope'], 'Unknown flag "--nope"\n  hint: '],
  ])('reports %j and says what to do', async (args, expected) => {
    const { code, err } = await kubewright(...args);
    expect(code).toBe(2);
    expect(err.slice(0, `error: ${expected}`.length)).toBe(`error: ${expected}`);
  });

  it('reports that the working directory is gone', async () => {
    const script = 'mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"';
    const folder = join(tmpdir(), `kw-gone-${process.pid}`);
    const line = [process.execPath, join(PACKAGE_ROOT, 'bin/run.js'), 'runs', 'list'];
    const { status, stderr } = spawnSync('sh', ['-c', script, folder, ...line], { encoding: 'utf8' });
    expect(stderr).toContain('error: The working directory no longer exists\n  hint: Change to another directory');
    expect(status).toBe(2);
  });

  it('refuses an empty --limit: an unset variable in a script must not mean all hosts', async () => {
    const inventory = ['-i', join(PACKAGE_ROOT, 'inventories/single/hosts.ini')];
    for (const line of [
      ['provision', '--list-hosts'],
      ['exec', 'all'],
      ['keys', 'distribute'],
      ['keys', 'check'],
    ]) {
      const { code, out, err } = await kubewright(...line, ...inventory, '--limit', ' ');
      expect({ line, code, out }).toEqual({ line, code: 2, out: '' });
      expect(err).toBe('error: --limit: The pattern is empty\n  hint: Leave --limit out for all hosts, or name some\n');
    }
    expect((await kubewright('provision', '--list-hosts', ...inventory, '--limit', ',')).code).toBe(2);
    for (const pattern of ['', ' ', ',:']) {
      const { code, err } = await kubewright('exec', pattern, ...inventory, '--', 'id');
      expect(code).toBe(2);
      expect(err).toBe('error: The host pattern is empty\n  hint: Write all for all hosts, or name some\n');
    }
  });

  it('takes -v, -vv and -vvv as Ansible does, as well as -v 1 and -v2', async () => {
    const inventory = join(PACKAGE_ROOT, 'inventories/single/hosts.ini');
    for (const v of [['-v'], ['-vv'], ['-vvv'], ['-v', '1'], ['-v2'], ['--verbose'], ['-vC']]) {
      const { code, err } = await kubewright('provision', ...v, '--list-hosts', '-i', inventory);
      if (v[0] === '-vC') expect(code).toBe(2);
      else expect({ v, code, err }).toEqual({ v, code: 0, err: '' });
    }
  });
});
