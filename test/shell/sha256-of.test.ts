import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SHA256_OF } from '../../src/shell/sha256-of.js';

describe('sha256_of', () => {
  let dir: string;
  const content = 'some bytes\n';
  const sum = createHash('sha256').update(content).digest('hex');

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kw-sum-'));
    mkdirSync(join(dir, 'bin'));
    writeFileSync(join(dir, 'a file'), content);
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** With nothing on the PATH but these programs of this box and scripts. */
  function run(programs: readonly string[], scripts: Readonly<Record<string, string>> = {}, file = 'a file'): string {
    for (const p of programs)
      symlinkSync(execFileSync('sh', ['-c', `command -v ${p}`], { encoding: 'utf8' }).trim(), join(dir, 'bin', p));
    for (const [name, text] of Object.entries(scripts)) {
      writeFileSync(join(dir, 'bin', name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(dir, 'bin', name), 0o755);
    }
    const program = `set -eu\n${SHA256_OF}\nsha256_of '${join(dir, file)}'`;
    return execFileSync('/bin/sh', ['-c', program], { encoding: 'utf8', env: { PATH: join(dir, 'bin') }, stdio: 'pipe' }).trim();
  }

  it('takes openssl where it is', () => {
    expect(run([], { openssl: `echo '${sum} *stdin'`, sha256sum: 'exit 1' })).toBe(sum);
    expect(run(['cat'], { openssl: `cat >/dev/null; echo '${'0'.repeat(64)} *stdin'` })).toBe('0'.repeat(64));
  });

  it('agrees with sha256sum where there is no openssl', () => {
    expect(run(['sha256sum'])).toBe(sum);
  });

  it.each([
    ['fails', 'exit 1'],
    ['knows no such option', 'echo "Usage: openssl"; exit 0'],
    ['is cut off', `echo ${'a'.repeat(20)}`],
  ])('takes sha256sum where openssl %s', (_, openssl) => {
    expect(run(['sha256sum'], { openssl })).toBe(sum);
  });

  it('fails for a file that is not there', () => {
    expect(() => run(['sha256sum'], {}, 'none')).toThrow();
  });
});
