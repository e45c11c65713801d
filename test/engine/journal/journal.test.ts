import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { safeCommand } from '../../../src/app/run/about.js';
import { PACKAGE_ROOT } from '../../../src/base/package-root.js';
import type { RunEvent } from '../../../src/engine/events.js';
import { ownController } from '../../../src/engine/journal/controller.js';
import { newRunId } from '../../../src/engine/journal/journal.js';
import { readEnds, readJournal, runsIn } from '../../../src/engine/journal/journal-read.js';
import { EVENT_SCHEMAS, parseLine } from '../../../src/engine/journal/journal-schema.js';
import { sh } from '../../../src/shell/shell.js';
import { failureBlock } from '../../../src/ui/format.js';
import { play, runLocal, sandbox, statuses, task, touchTask } from '../../support/local.js';

/** A run with a change, a diff-less failure and two hosts. */
async function realRun() {
  const box = sandbox();
  const result = await runLocal(
    box,
    [
      play('one', ['a', 'b'], (host) => [touchTask(join(box.root, host)), task('ok', sh`true`, sh`true`)]),
      play('two', ['a', 'b'], (host) => [
        task('fails', sh`false`, host === 'a' ? sh`echo 'no luck'; exit 7` : sh`true`, { hint: 'try harder' }),
      ]),
    ],
    { about: { command: ['run', 'x.yml'], inventory: ['hosts.ini'] } },
  );
  return { box, result };
}

describe('the journal', () => {
  it('holds a header and valid events of a real run, private to its owner', async () => {
    const { box, result } = await realRun();
    const lines = readFileSync(join(result.dir, 'events.jsonl'), 'utf8').trimEnd().split('\n');
    const parsed = lines.map(parseLine);
    expect(parsed.map((p) => p.kind)).toEqual(['header', ...Array.from({ length: lines.length - 1 }, () => 'event')]);
    expect(statSync(result.dir).mode & 0o077).toBe(0);
    expect(statSync(join(result.dir, 'events.jsonl')).mode & 0o077).toBe(0);

    expect(runsIn(box.journalDir)).toEqual([result.run]);
    const journal = readJournal(result.dir, result.run);
    expect(journal).toMatchObject({ state: 'done', broken: 0, end: { exitCode: 1 } });
    expect(journal.header).toMatchObject({
      schema: 'kubewright.journal/1',
      run: result.run,
      title: 'test',
      command: ['run', 'x.yml'],
      inventory: ['hosts.ini'],
      ...ownController(),
    });
    expect(journal.events).toEqual(result.events);
    expect(readEnds(result.dir, result.run)).toMatchObject({ state: 'done', end: journal.end, start: journal.start });
  });

  it('keeps hosts and plays apart, whatever they are called, and says where their logs are', async () => {
    const box = sandbox();
    const hosts = ['ä', 'ö', 'a/b', 'x'.repeat(300)];
    const long = 'A play whose name says it all. '.repeat(20);
    const result = await runLocal(box, [
      play(long, hosts, (host) => [task('fails', sh`false`, sh`echo ${`this is ${hosts.indexOf(host)}`}; exit 1`)]),
    ]);
    expect(statuses(result.events)).toEqual(hosts.map(() => 'fails=failed'));
    hosts.forEach((host, i) => {
      const failure = { hosts: [host], task: 't', title: 't', ms: 0 };
      const said = failureBlock(failure, result.dir, (_, text) => text).at(-1) ?? '';
      const log = readFileSync(/Log: (.*)/.exec(said)?.[1] ?? '', 'utf8');
      expect([...new Set(log.match(/this is \d/g))]).toEqual([`this is ${i}`]);
    });
  });

  it.skipIf(process.platform !== 'linux')('that finds no room stops no run', async () => {
    const box = sandbox();
    const run = '20260101-000000-abcd';
    mkdirSync(join(box.journalDir, run), { recursive: true });
    symlinkSync('/dev/full', join(box.journalDir, run, 'a.log'));
    const file = join(box.root, 'made');
    const result = await runLocal(box, [play('one', ['a'], () => [touchTask(file), touchTask(join(box.root, 'then'))])], { run });
    expect(result.exitCode).toBe(0);
    const told = result.events.flatMap((e) => (e.type === 'warning' ? [e.text] : []));
    expect(told).toEqual([expect.stringMatching(/^The journal of this run is incomplete: ENOSPC.*The run continues$/)]);
    expect(readJournal(result.dir, run)).toMatchObject({ broken: 0, end: { exitCode: 0 } });
  });

  it.skipIf(process.platform !== 'linux').each([
    ['a file', '/dev/null'],
    ['a place where no folder can be made', '/proc/nowhere/runs'],
  ])('in %s is refused as bad input before anything is done', async (_, journalDir) => {
    const box = sandbox();
    const file = join(box.root, 'made');
    const run = runLocal(box, [play('one', ['a'], () => [touchTask(file)])], { journalDir });
    await expect(run).rejects.toMatchObject({ exitCode: 2, parts: { what: 'The journal of the run cannot be written' } });
    expect(existsSync(file)).toBe(false);
  });

  it('is read up to a torn line, past newer events, and without a header', () => {
    const dir = join(sandbox().root, '20260101-000000-abcd');
    mkdirSync(dir);
    const start: RunEvent = { at: 1, type: 'run-start', run: 'r', title: 't', hosts: ['a'], dir, check: false };
    const file = join(dir, 'events.jsonl');
    writeFileSync(file, `${JSON.stringify(start)}\n{"at":2,"type":"tea-break","minutes":5}\n{"at":3,"type":"task-st`);
    expect(readJournal(dir, 'r')).toMatchObject({ events: [start], broken: 1, state: 'unknown', header: undefined });
    expect([...readJournal(dir, 'r').unknown]).toEqual([['tea-break', 1]]);
  });

  it('tells a run that is at work from one that was killed', () => {
    const dir = join(sandbox().root, '20260101-000000-abcd');
    mkdirSync(dir);
    const own = ownController();
    const header = { schema: 'kubewright.journal/1', run: 'r', title: 't', check: false, started: '2026-01-01T00:00:00Z' };
    const file = join(dir, 'events.jsonl');
    writeFileSync(file, `${JSON.stringify({ ...header, ...own })}\n`);
    expect(readEnds(dir, 'r').state).toBe('running');
    // The same process id, but another start: the number was used again.
    writeFileSync(file, `${JSON.stringify({ ...header, ...own, process: own.process.replace(/\d+$/, '1') })}\n`);
    expect(readEnds(dir, 'r').state).toBe('died');
    writeFileSync(file, `${JSON.stringify({ ...header, ...own, process: '' })}\n`);
    expect(readEnds(dir, 'r').state).toBe('unknown');
  });

  it('shows both ends of a long one without reading the middle', () => {
    const dir = join(sandbox().root, '20260101-000000-abcd');
    mkdirSync(dir);
    const file = join(dir, 'events.jsonl');
    const start: RunEvent = { at: 1, type: 'run-start', run: 'r', title: 't', hosts: ['a'], dir, check: true };
    writeFileSync(file, `${JSON.stringify(start)}\n`);
    const text = 'x'.repeat(1000);
    for (let i = 0; i < 400; i++) {
      appendFileSync(file, `${JSON.stringify({ at: 2, type: 'task-output', play: 'p', host: 'a', task: 't', text })}\n`);
    }
    const end: RunEvent = { at: 9, type: 'run-end', run: 'r', ms: 8, recap: [], exitCode: 0 };
    appendFileSync(file, `${JSON.stringify(end)}\n`);
    expect(readEnds(dir, 'r')).toMatchObject({ start, end, state: 'done' });
  });

  it('gives runs names that sort as they began, also within a second', () => {
    const began = Array.from({ length: 1000 }, (_, ms) => newRunId(new Date(2026, 10, 24, 10, 30, 0, ms)));
    expect([...began].sort()).toEqual(began);
    expect(newRunId(new Date(2026, 10, 24, 10, 30, 1))).toMatch(/^20261124-103001-000[0-9a-f]{3}$/);
  });

  it('is documented: every type of event with every field that it may have', () => {
    const doc = readFileSync(join(PACKAGE_ROOT, 'docs/journal.md'), 'utf8');
    const rows = new Map([...doc.matchAll(/^\| `([a-z-]+)` \| (.*?) \|/gm)].map((m) => [m[1] ?? '', m[2] ?? '']));
    for (const [type, schema] of Object.entries(EVENT_SCHEMAS)) {
      const fields = Object.keys((schema as unknown as { shape: object }).shape).filter((f) => f !== 'at' && f !== 'type');
      const told = [...(rows.get(type) ?? '').matchAll(/`(\w+)\??`/g)].map((m) => m[1]);
      expect({ type, told }).toEqual({ type, told: fields });
    }
  });

  it('keeps secrets out of the command line', () => {
    const line = safeCommand([
      ...['provision', '-e', 'kube_version=1.34.1 ansible_password="a b" x=1', '--extra-vars={"token": "abc"}'],
      ...['-e', '@vars.yml', '-e=my_secret=s3cret', '--tags', 'etcd', '-ebecome_pass=hunter2'],
    ]);
    expect(line).toEqual([
      ...['provision', '-e', 'kube_version=1.34.1 ansible_password=*** x=1', '--extra-vars=***'],
      ...['-e', '@vars.yml', '-e=my_secret=***', '--tags', 'etcd', '-ebecome_pass=***'],
    ]);
  });
});
