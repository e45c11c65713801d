import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/base/package-root.js';
import { missingForCli } from '../support/cli.js';

const dir = mkdtempSync(join(tmpdir(), 'kw-bin-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
// The package, as a clone that was never built.
cpSync(join(PACKAGE_ROOT, 'bin'), join(dir, 'bin'), { recursive: true });
cpSync(join(PACKAGE_ROOT, 'package.json'), join(dir, 'package.json'));
symlinkSync(join(dir, 'bin/run.js'), join(dir, 'linked'));

function node(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }));
  });
}

describe('bin/run.js', () => {
  it.each(['10.24.1', '12.22.12', '14.21.3', '16.20.2', '18.20.8', '20.18.3'])(
    'refuses Node.js %s first of all',
    async (version) => {
      const fake = join(dir, `${version}.cjs`);
      writeFileSync(
        fake,
        `for (const [name, value] of [['version', 'v${version}'], ['versions', { ...process.versions, node: '${version}' }]])
         Object.defineProperty(process, name, { value });`,
      );
      const { code, out, err } = await node('-r', fake, join(dir, 'bin/run.js'), 'run', 'own.yml');
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(new RegExp(`^error: Node\\.js v${version.replaceAll('.', '\\.')} is too old for kubewright\n`));
      expect(err).toMatch(/why: {2}It needs Node\.js 20\.19 or newer\n {2}hint: Install one: \S/);
      expect(err).toContain('nvm install 22');
      expect(err).not.toMatch(/\n +at /);
    },
  );

  it('can be parsed by Node.js 10, as a script and as a module', () => {
    for (const file of ['run.js', 'old-node.cjs']) {
      const text = readFileSync(join(PACKAGE_ROOT, 'bin', file), 'utf8');
      // What the old one lacks would be rewritten. It can import() only for current ones, which esbuild does not know of.
      const print = (target: string): string =>
        transformSync(text, { target, supported: { 'dynamic-import': true, 'node-colon-prefix-require': true } }).code;
      expect(print('node10.19')).toBe(print('esnext'));
      expect(text).not.toMatch(/^\s*(import|export) /m);
      expect(text).not.toMatch(/\bawait\b(?! outside)/);
    }
    expect(transformSync('a?.b', { target: 'node10.19' }).code).not.toContain('?.');
  });

  it('says that a clone has to be built, also through a link', async () => {
    for (const script of ['bin/run.js', 'linked']) {
      const { code, out, err } = await node(join(dir, script), '--version');
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toBe(`error: This copy of kubewright is not built\n  hint: Run npm ci && npm run build in ${dir}\n`);
    }
  });

  it.skipIf(missingForCli())('says that files of the build are missing, once', { timeout: 60_000 }, async () => {
    const built = join(dir, 'damaged');
    for (const part of ['bin', 'package.json', 'oclif.manifest.json', 'dist'])
      cpSync(join(PACKAGE_ROOT, part), join(built, part), { recursive: true });
    symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(built, 'node_modules'));
    const main = join(built, 'dist/cli/main.js');
    const [, report = ''] = /import\("([^"]*report[^"]*)"\)/.exec(readFileSync(main, 'utf8')) ?? [];
    rmSync(join(built, 'dist/cli', report));
    const { code, out, err } = await node(join(built, 'bin/run.js'), 'nonsense');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^error: This copy of kubewright is damaged\n {2}why: {2}.*\n {2}hint: Install it again; .*\n$/);
  });
});
