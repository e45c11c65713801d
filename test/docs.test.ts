import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../src/base/package-root.js';
import { missingForCli } from './support/cli.js';

const dir = mkdtempSync(join(tmpdir(), 'kw-docs-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function docsCheck(...files: string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, [join(PACKAGE_ROOT, 'scripts/docs-check.mjs'), ...files], {
    encoding: 'utf8',
    cwd: dir,
  });
  return { status, stderr };
}

describe.skipIf(missingForCli())('README and docs', () => {
  it('name only commands, flags, scripts, files and headings that exist', () => {
    expect(docsCheck()).toEqual({ status: 0, stderr: '' });
  });

  it.each([
    ['```sh\nkubewright provison -i x\n```', '2: there is no command provison'],
    ['```sh\nsudo kubewright lab dwn   # gone\n```', '2: there is no command lab dwn'],
    ['See `kubewright provision --chek`.', '1: provision has no flag --chek'],
    ['`npx kubewright keys distribute --type dsa`', '1: --type dsa: it is one of ed25519, ecdsa, rsa'],
    ['`node bin/run.js provision hosts.ini`', '1: provision takes no arguments'],
    ['```sh\nnpm run --silent no-such\n```', '2: package.json has no script no-such'],
    ['[x](nowhere.md)', '1: there is no nowhere.md'],
    ['# One two!\n[x](#one-two) [y](#three)', '2: this file has no heading #three'],
  ])('%j is found', (text, problem) => {
    writeFileSync(join(dir, 'bad.md'), `${text}\n`);
    expect(docsCheck(join(dir, 'bad.md'))).toEqual({ status: 1, stderr: `error: bad.md:${problem}\n` });
  });
});
