import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runsList, runsPrune, runsShow } from '../../../src/app/runs/runs.js';
import { wholeFile } from '../../../src/base/place.js';
import { ownController } from '../../../src/engine/journal/controller.js';
import { sh } from '../../../src/shell/shell.js';
import { play, runLocal, sandbox, task, touchTask } from '../../support/local.js';

let out = '';
beforeEach(() => {
  out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    out += String(chunk);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Made once: all tests but the last only read them. */
let runs: ReturnType<typeof makeRuns> | undefined;
const twoRuns = (): ReturnType<typeof makeRuns> => {
  runs ??= makeRuns();
  return runs;
};

async function makeRuns() {
  const box = sandbox();
  const plays = [
    play('make', ['w1', 'w2', 'w3'], (host) => [touchTask(join(box.root, host))]),
    play('break', ['w1', 'w2', 'w3'], (host) => [
      task('b/fails', sh`false`, host === 'w2' ? sh`echo no luck; exit 7` : sh`true`, { hint: 'look at the weather' }),
    ]),
  ];
  const first = await runLocal(box, plays, { about: { command: ['provision', '-i', 'x'] } });
  const second = await runLocal(box, plays, { check: true });
  return { box, first, second };
}

describe('runs', () => {
  it('lists runs with their outcome, as a table and as JSON', async () => {
    const { box, first, second } = await twoRuns();
    runsList({ journalDir: box.journalDir, reverse: false, json: false });
    const rows = out.trim().split('\n');
    expect(rows[0]).toMatch(/^RUN +WHEN +HOSTS +RESULT +CHANGED +FAILED +TIME +COMMAND$/);
    expect(rows.find((r) => r.startsWith(first.run))).toMatch(/ 3 +failed +3 +3 +\d.*s +provision -i x$/);
    expect(rows.find((r) => r.startsWith(second.run))).toMatch(/ 3 +checked +3 +0 /);
    out = '';
    runsList({ journalDir: box.journalDir, reverse: true, last: 1, json: true });
    const [only] = JSON.parse(out);
    expect(only).toMatchObject({ state: 'done', hosts: ['w1', 'w2', 'w3'] });
    out = '';
    expect(runsList({ journalDir: join(box.root, 'nothing'), reverse: false, json: false })).toBe(0);
    expect(out).toContain('No runs yet in ');
  });

  it('counts from the command on, not from the first task', async () => {
    const box = sandbox();
    const started = new Date(Date.now() - 90_000).toISOString();
    await runLocal(box, [play('one', ['w1'], () => [task('t', sh`true`, sh`true`)])], { about: { started } });
    runsList({ journalDir: box.journalDir, reverse: false, json: false });
    expect(out).toMatch(/ done .* 1m3\ds /);
    out = '';
    runsShow({ journalDir: box.journalDir, run: 'latest', failed: false, json: false });
    expect(out.split('\n')[0]).toMatch(/ {2}done {2}1m3\ds$/);
  });

  it('keeps the directory out of git, unless it was given', async () => {
    const box = sandbox();
    const own = join(box.root, '.kubewright');
    await runLocal({ ...box, journalDir: join(own, 'runs') }, [play('one', ['w1'], () => [])]);
    expect(readFileSync(join(own, '.gitignore'), 'utf8')).toBe('*\n');
    writeFileSync(join(own, '.gitignore'), '!runs\n');
    await runLocal({ ...box, journalDir: join(own, 'runs') }, [play('one', ['w1'], () => [])]);
    expect(readFileSync(join(own, '.gitignore'), 'utf8')).toBe('!runs\n');
    await runLocal(box, [play('one', ['w1'], () => [])]);
    expect(existsSync(join(box.root, '.gitignore'))).toBe(false);
  });

  it('shows what a run did, what failed, and where its log is', async () => {
    const { box, first } = await twoRuns();
    runsShow({ journalDir: box.journalDir, run: first.run.slice(-4), failed: false, json: false });
    expect(out).toContain('kubewright provision -i x');
    expect(out).toMatch(/PLAYS\n.* make .*3 hosts, 3 tasks, 3 changed\n.* break /);
    expect(out).toMatch(
      /FAILED w2: Title of b\/fails \[b\/fails\] \(exit status 7\).*\n {2}\| no luck\n {2}hint: look at the weather\n {2}Log: (.*)\n/,
    );
    const log = /Log: (.*w2\.log)/.exec(out)?.[1] ?? '';
    expect(existsSync(log)).toBe(true);
    expect(out).toMatch(/RECAP\nw1 .*failed=1/);
  });

  it('shows one host, or only failures, or JSON', async () => {
    const { box, first } = await twoRuns();
    runsShow({ journalDir: box.journalDir, run: first.run, host: 'w1,w3', failed: false, json: false });
    expect(out).not.toContain('no luck');
    out = '';
    runsShow({ journalDir: box.journalDir, run: first.run, failed: true, json: true });
    const { failures, exitCode, header } = JSON.parse(out);
    expect({ exitCode, run: header.run }).toEqual({ exitCode: 1, run: basename(first.dir) });
    expect(failures).toHaveLength(3);
    expect(failures.find((f: { host: string }) => f.host === 'w2')).toMatchObject({ code: 7, tail: ['no luck'], play: 'break' });
  });

  it('suggests similar names if there is no such run or host', async () => {
    const { box, first } = await twoRuns();
    const show = (run: string, host?: string) => () =>
      runsShow({ journalDir: box.journalDir, run, host, failed: false, json: false });
    expect(show(`${first.run.slice(0, -1)}z`)).toThrow(
      expect.objectContaining({
        exitCode: 2,
        parts: expect.objectContaining({ fix: expect.stringContaining('Did you mean ') }),
      }),
    );
    expect(show('20')).toThrow(/2 runs match "20"/);
    expect(show(first.run, 'w9')).toThrow(/No host of this run matches w9/);
  });

  it('prunes old runs, but not those in progress nor other directories', async () => {
    const { box, first, second } = await twoRuns();
    const [older, newer] = [first.run, second.run].sort();
    const dir = box.journalDir;
    const atWork = '20200101-000000-aaaa';
    mkdirSync(join(dir, atWork));
    const header = { schema: 'kubewright.journal/1', run: atWork, title: 't', check: false, started: '2020-01-01T00:00:00Z' };
    writeFileSync(join(dir, atWork, 'events.jsonl'), `${JSON.stringify({ ...header, ...ownController() })}\n`);
    mkdirSync(join(dir, 'my-notes'));
    const before = readdirSync(dir).sort();
    runsPrune({ journalDir: dir, keep: 1, dryRun: true });
    expect(out).toContain(`would remove ${older}\n1 of 3 runs would be removed`);
    expect(readdirSync(dir).sort()).toEqual(before);
    runsPrune({ journalDir: dir, keep: 1, dryRun: false });
    expect(readdirSync(dir).sort()).toEqual(before.filter((n) => n !== older));
    expect(existsSync(join(dir, newer ?? ''))).toBe(true);
    runsPrune({ journalDir: dir, keep: 0, dryRun: false });
    expect(readdirSync(dir).sort()).toEqual([atWork, 'my-notes']);
  });

  it('reports a damaged journal and an unreadable directory', () => {
    const { root } = sandbox();
    const run = '20260101-000000-abcdef';
    mkdirSync(join(root, run));
    for (const text of ['', 'garbage\n', '{"schema":"kubewright.jour']) {
      writeFileSync(join(root, run, 'events.jsonl'), text);
      expect(() => runsShow({ journalDir: root, run, failed: false, json: false })).toThrow(
        expect.objectContaining({
          parts: expect.objectContaining({
            what: 'Cannot read the journal of this run',
            why: 'It has no valid line',
          }),
        }),
      );
    }
    symlinkSync('loop', join(root, 'loop'));
    const journalDir = join(root, 'loop');
    const unread = expect.objectContaining({
      parts: expect.objectContaining({ what: 'Cannot list the journals', where: wholeFile(journalDir) }),
    });
    expect(() => runsList({ journalDir, reverse: false, json: false })).toThrow(unread);
    expect(() => runsShow({ journalDir, run, failed: false, json: false })).toThrow(unread);
    expect(() => runsPrune({ journalDir, keep: 0, dryRun: false })).toThrow(unread);
  });

  it('prunes nothing if there is no directory', () => {
    const file = join(sandbox().root, 'file');
    writeFileSync(file, '');
    expect(runsPrune({ journalDir: file, keep: 0, dryRun: false })).toBe(0);
    expect(out).toBe('0 of 0 runs removed\n');
    expect(existsSync(file)).toBe(true);
  });
});
