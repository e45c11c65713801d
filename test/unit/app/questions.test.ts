import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../../src/app/package-root.js';

const missing = spawnSync('python3', ['--version']).status === 0 ? undefined : 'needs python3 for a terminal';
const dir = mkdtempSync(join(tmpdir(), 'kubewright-questions-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Presses a key when the command has asked its first question. */
function pressed(key: string, args: readonly string[]): Promise<{ code: number | null; shown: string }> {
  return new Promise((resolve) => {
    const keyboard = join(PACKAGE_ROOT, 'test/support/keyboard.py');
    const child = spawn('python3', [keyboard, process.execPath, join(PACKAGE_ROOT, 'bin/run.js'), ...args], { cwd: dir });
    let shown = '';
    let done = false;
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      if (done || !/(password[^:]*|planes \[3\]): /.test(shown)) return;
      done = true;
      child.stdin.write(key);
    });
    child.on('close', (code) => resolve({ code, shown }));
  });
}

describe.skipIf(missing)(`a question that nobody answers${missing ? ` (${missing})` : ''}`, () => {
  const commands = [
    ['exec', 'all', '-i', 'localhost,', '--ask-pass', '--', 'true'],
    ['keys', 'distribute', '-i', 'localhost,', '--ask-pass-each'],
    ['inventory', 'generate', '--interactive', '-o', 'never'],
  ];

  it.each(commands.map((args) => [args.slice(0, 2).join(' '), args] as const))('%s: Ctrl-C ends it with 130', async (_, args) => {
    const { code, shown } = await pressed('\x03', args);
    expect(shown).toMatch(/\r\nInterrupted\r\n$/);
    expect(code).toBe(130);
  });

  it.each(commands.map((args) => [args.slice(0, 2).join(' '), args] as const))('%s: Ctrl-D is no answer', async (_, args) => {
    const { code, shown } = await pressed('\x04', args);
    expect(shown).toMatch(/\r\nThe question was not answered\r\n {2}Do: /);
    expect(code).toBe(2);
    expect(existsSync(join(dir, 'never'))).toBe(false);
  });
});
