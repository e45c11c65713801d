import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { installShell, uninstallShell } from '../../../src/app/shell/command.js';

let home: string;
let said = '';
const rc = () => join(home, '.bashrc');
const ALL = ['bash', 'zsh', 'fish'] as const;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kw-home-'));
  said = '';
  for (const name of ['XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'ZDOTDIR', 'PATH']) vi.stubEnv(name, '');
  vi.stubEnv('HOME', home);
  vi.stubEnv('SHELL', '/bin/bash');
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});

/** Every path below HOME with what is in it. */
function everything(): Record<string, string> {
  const paths = readdirSync(home, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    paths.map((p) => {
      const info = lstatSync(join(home, p));
      const content = info.isFile()
        ? readFileSync(join(home, p), 'latin1')
        : info.isSymbolicLink()
          ? readlinkSync(join(home, p))
          : '';
      return [p, `${(info.mode & 0o7777).toString(8)} ${content}`];
    }),
  );
}

it.each([
  ['with a final newline', 'alias a=b\n'],
  ['without one', 'alias a=b'],
  ['an empty one', ''],
  ['bytes that are no UTF-8', Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0x62])],
  ['none', undefined],
])('uninstall leaves no trace: %s', (_, content) => {
  if (content !== undefined) {
    writeFileSync(rc(), content, { mode: 0o640 });
    writeFileSync(join(home, '.zshrc'), content, { mode: 0o600 });
  }
  const before = everything();
  expect(installShell(ALL)).toBe(0);
  expect(readFileSync(rc(), 'latin1')).toContain('/.local/share/kubewright/shell.bash"');
  expect(everything()).toHaveProperty(['.config/fish/conf.d/kubewright.fish']);
  expect(uninstallShell()).toBe(0);
  expect(everything()).toEqual(before);
});

it('twice is once', () => {
  writeFileSync(rc(), 'a');
  installShell(ALL);
  const once = everything();
  said = '';
  installShell(ALL);
  expect(everything()).toEqual(once);
  expect(said).toContain('bash: nothing to change');
  uninstallShell();
  expect(everything()).toEqual({ '.bashrc': '644 a' });
});

it('keeps what was added behind its lines since', () => {
  writeFileSync(rc(), 'a');
  installShell(['bash']);
  writeFileSync(rc(), `${readFileSync(rc(), 'utf8')}b\n`);
  uninstallShell();
  expect(readFileSync(rc(), 'utf8')).toBe('a\nb\n');
});

it('changes the file behind a link, and the link stays', () => {
  mkdirSync(join(home, 'dotfiles'));
  writeFileSync(join(home, 'dotfiles/bashrc'), 'a\n');
  symlinkSync('dotfiles/bashrc', rc());
  const before = everything();
  installShell(['bash']);
  expect(readlinkSync(rc())).toBe('dotfiles/bashrc');
  expect(readFileSync(join(home, 'dotfiles/bashrc'), 'utf8')).toContain('# BEGIN kubewright shell\n');
  uninstallShell();
  expect(everything()).toEqual(before);
});

it('keeps both names of a hard link', () => {
  writeFileSync(join(home, 'dotfile'), 'a\n');
  linkSync(join(home, 'dotfile'), rc());
  installShell(['bash']);
  expect(statSync(rc()).ino).toBe(statSync(join(home, 'dotfile')).ino);
  uninstallShell();
  expect(readFileSync(join(home, 'dotfile'), 'utf8')).toBe('a\n');
  expect(Object.keys(everything())).toEqual(['.bashrc', 'dotfile']);
});

function replaceBy(make: () => void): void {
  rmSync(rc());
  make();
}

it.each([
  ['read-only', () => chmodSync(rc(), 0o400), /read-only/],
  ['a link to nothing', () => replaceBy(() => symlinkSync('nowhere', rc())), /link to one that does not exist/],
  ['a directory', () => replaceBy(() => mkdirSync(rc())), /cannot be read|not a file/],
  ['damaged', () => writeFileSync(rc(), '# BEGIN kubewright shell\nx\n'), /no end/],
])('refuses a start-up file that is %s, and has changed nothing', (_, damage, what) => {
  writeFileSync(rc(), 'a\n');
  damage();
  const before = everything();
  expect(() => installShell(ALL)).toThrow(what);
  expect(everything()).toEqual(before);
});

it('uninstall refuses a read-only start-up file, and nothing is half gone', () => {
  installShell(ALL);
  chmodSync(rc(), 0o400);
  const before = everything();
  expect(() => uninstallShell()).toThrow(/read-only/);
  expect(everything()).toEqual(before);
});

it('does not replace a file that is not ours', () => {
  mkdirSync(join(home, '.config/fish/conf.d'), { recursive: true });
  writeFileSync(join(home, '.config/fish/conf.d/kubewright.fish'), 'mine\n');
  const before = everything();
  expect(() => installShell(['fish'])).toThrow(/exists already/);
  expect(uninstallShell()).toBe(0);
  expect(everything()).toEqual(before);
});

it('takes the shell of SHELL, and says so where it is none of ours', () => {
  vi.stubEnv('SHELL', '/usr/bin/zsh');
  installShell([]);
  expect(Object.keys(everything())).toContain('.zshrc');
  expect(Object.keys(everything())).not.toContain('.bashrc');
  vi.stubEnv('SHELL', '/bin/dash');
  expect(() => installShell([])).toThrow(/SHELL is not bash/);
});

it('says that kubectl is missing', () => {
  installShell(['bash']);
  expect(said).toContain('kubectl is not on the PATH');
});
