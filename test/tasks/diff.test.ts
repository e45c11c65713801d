import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/shell/secret.js';
import { copy } from '../../src/tasks/copy.js';
import { DIFF_LINES } from '../../src/tasks/diff.js';
import { block, directories, file } from '../../src/tasks/file.js';
import type { Task } from '../../src/tasks/task.js';
import { ofType, play, runLocal, sandbox, testShells } from '../support/local.js';

const owner = execFileSync('sh', ['-c', 'echo "$(id -un):$(id -gn)"'], { encoding: 'utf8' }).trim();

describe.each(testShells().filter((s) => s.command))('--diff under $name', (shell) => {
  /** The diff of one task, with --check or with apply. */
  const diffOf = async (box: ReturnType<typeof sandbox>, task: Task, check = true): Promise<string> => {
    const run = await runLocal(box, [play('p', ['h'], () => [task])], { shell, check, diff: true });
    const end = ofType(run.events, 'task-end')[0];
    expect(end?.status).toBe(check ? 'would-change' : 'changed');
    expect(readFileSync(`${run.dir}/h.log`, 'utf8')).toContain(end?.diff?.split('\n')[0] ?? 'no diff');
    return end?.diff ?? '';
  };
  const put = (path: string, content: string | Secret, mode = '0644') =>
    file({ id: 'f', title: 'f', path, content, mode, owner });

  it('shows a new file, a changed one, and one whose mode alone changes', async () => {
    const box = sandbox();
    const path = `${box.root}/it's here`;
    expect(await diffOf(box, put(path, 'one\ntwo\n'))).toBe(
      `new file ${path} (644:${owner})\n--- /dev/null\n+++ b${path}\n@@ -0,0 +1,2 @@\n+one\n+two`,
    );
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, 'one\nthree\n');
    expect(await diffOf(box, put(path, 'one\ntwo\n'))).toBe(`--- a${path}\n+++ b${path}\n@@ -1,2 +1,2 @@\n one\n-three\n+two`);
    chmodSync(path, 0o600);
    expect(await diffOf(box, put(path, 'one\nthree\n'))).toBe(`${path}: 600:${owner} becomes 644:${owner}`);
    expect(await diffOf(box, put(path, 'one\ntwo\n'), false)).toContain(`600:${owner} becomes 644:${owner}\n--- a${path}`);
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  it('shows that the last line has no newline', async () => {
    const box = sandbox();
    writeFileSync(`${box.root}/f`, 'a\n');
    expect(await diffOf(box, put(`${box.root}/f`, 'a'))).toContain('-a\n+a\n\\ No newline at end of file');
    writeFileSync(`${box.root}/f`, 'a');
    expect(await diffOf(box, put(`${box.root}/f`, 'a\n'))).toContain('-a\n\\ No newline at end of file\n+a');
  });

  it('shows carriage returns, which make all the difference', async () => {
    const box = sandbox();
    writeFileSync(`${box.root}/f`, 'a\nb\rc\n');
    expect(await diffOf(box, put(`${box.root}/f`, 'a\r\nb\rd\n'))).toMatch(/\n-a\n-b\\x0dc\n\+a\\x0d\n\+b\\x0dd$/);
  });

  it('names binary files and links, and cuts what is long', async () => {
    const box = sandbox();
    const path = `${box.root}/f`;
    writeFileSync(path, Buffer.from([1, 0, 2]));
    expect(await diffOf(box, put(path, 'text\n'))).toBe(`binary file ${path}: 3 bytes become 5`);
    const bytes = copy({ id: 'c', title: 'c', content: Buffer.from([0, 255]), dest: path, mode: '0644' });
    writeFileSync(path, 'text\n');
    expect(await diffOf(box, bytes)).toBe(`binary file ${path}: 5 bytes become 2`);
    symlinkSync('f', `${box.root}/link`);
    const link = await diffOf(box, put(`${box.root}/link`, 'text\n', '0600'));
    expect(link).toMatch(/link is a link to f and becomes a file \(600:/);
    // 777 is the link's, and nobody's wish.
    expect(link).not.toContain('777');
    // What the link points to stays as it is.
    writeFileSync(path, 'of somebody else\n');
    expect(await diffOf(box, put(`${box.root}/link`, 'text\n', '0600'))).toMatch(
      /^\S+link is a link to f and becomes a file \(600:\S+\)\n--- \/dev\/null\n\+\+\+ b\S+link\n@@ -0,0 \+1 @@\n\+text$/,
    );
    symlinkSync('nowhere', `${box.root}/lost`);
    expect(await diffOf(box, put(`${box.root}/lost`, '', '0600'))).toMatch(
      /^\S+lost is a link to nowhere and becomes a file \(\S+\)$/,
    );
    // A block is written through the link.
    const through = await diffOf(box, block({ id: 'b', title: 'b', path: `${box.root}/link`, marker: 'm', content: 'x' }));
    expect(through).toMatch(/^--- a\S+link\n/);
    const long = Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join('');
    const lines = (await diffOf(box, put(`${box.root}/long`, `${'x'.repeat(5000)}\n${long}`))).split('\n');
    expect(lines).toHaveLength(DIFF_LINES + 2);
    expect(lines.at(-1)).toMatch(/^… 60\d more lines are not shown$/);
    expect(Math.max(...lines.map((l) => l.length))).toBeLessThan(1100);
  });

  it('shows of a secret only that it differs, also of one inside of a file', async () => {
    const box = sandbox();
    const path = `${box.root}/s`;
    const secret = new Secret('s', 'very-secret-value\n');
    expect(await diffOf(box, put(path, secret, '0600'))).toBe(
      `new file ${path} (600:${owner})\n${path}: the content differs and is not shown (0 bytes become 18)`,
    );
    writeFileSync(path, 'password: very-secret-value\n', { mode: 0o600 });
    const both = [put(`${box.root}/t`, secret, '0600'), { ...put(path, 'password: other\n'), id: 'g' }];
    const run = await runLocal(box, [play('p', ['h'], () => both)], { shell, check: true, diff: true });
    const text = JSON.stringify(run.events) + readFileSync(`${run.dir}/h.log`, 'utf8');
    expect(text).toContain('-password: ***');
    expect(text).not.toContain('very-secret');
  });

  it('shows folders, and blocks in files of others', async () => {
    const box = sandbox();
    mkdirSync(`${box.root}/there`, { mode: 0o700 });
    const folders = directories({ id: 'd', title: 'd', paths: [`${box.root}/there`, `${box.root}/new`], owner });
    expect(await diffOf(box, folders)).toBe(
      `${box.root}/there: directory:700:${owner} becomes directory:755:${owner}\nnew directory ${box.root}/new (directory:755:${owner})`,
    );
    writeFileSync(`${box.root}/hosts`, 'mine\n');
    const hosts = block({ id: 'b', title: 'b', path: `${box.root}/hosts`, marker: 'm', content: '10.0.0.1 a' });
    expect(await diffOf(box, hosts)).toContain(' mine\n+# BEGIN kubewright m\n+10.0.0.1 a\n+# END kubewright m');
  });
});
