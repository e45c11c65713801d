import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { acquireLock, releaseLock, STALE_AFTER_SEC } from '../../../src/engine/lock.js';
import { LockedError } from '../../../src/errors.js';
import { LocalSession, ofType, play, runLocal, sandbox, testShells, touchTask } from './local.js';

const info = (run: string) => ({ run, user: 'alice', host: 'laptop', since: '2026-11-24T10:30:00.000Z' });
const boot = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

function plant(runDir: string, o: { run: string; boot?: string; ageSec: number; pid?: number }): void {
  mkdirSync(`${runDir}/lock`, { recursive: true });
  writeFileSync(
    `${runDir}/lock/info`,
    `run=${o.run}\nuser=bob\nhost=desk\nsince=2026-11-24T09:00:00.000Z\nboot=${o.boot ?? boot()}\n`,
  );
  writeFileSync(`${runDir}/lock/beat`, '');
  const then = Date.now() / 1000 - o.ageSec;
  utimesSync(`${runDir}/lock/beat`, then, then);
  if (o.pid !== undefined) {
    mkdirSync(`${runDir}/${o.run}/h-1-p`, { recursive: true });
    writeFileSync(`${runDir}/${o.run}/h-1-p/pid`, `${o.pid}\n`);
  }
}

describe.each(testShells())('the lock of a host under $name', (shell) => {
  describe.skipIf(shell.command === undefined)('(skipped when that shell is not installed)', () => {
    const session = new LocalSession('h', { shell });
    const take = (runDir: string, run: string) => acquireLock(session, { runDir, info: info(run), nonce: 'n0nce' });

    it('is taken, kept for the same run, refused to another, and given back', async () => {
      const { runDir } = sandbox();
      expect(await take(runDir, 'r1')).toEqual({ kind: 'taken' });
      expect(await take(runDir, 'r1')).toEqual({ kind: 'taken' });
      expect(await take(runDir, 'r2')).toEqual({ kind: 'held', by: info('r1') });
      await releaseLock(session, runDir, 'r2');
      expect(await take(runDir, 'r2')).toMatchObject({ kind: 'held' });
      await releaseLock(session, runDir, 'r1');
      expect(await take(runDir, 'r2')).toEqual({ kind: 'taken' });
    });

    it('is taken over from a run without sign of life, and from before a restart', async () => {
      const old = sandbox().runDir;
      plant(old, { run: 'dead', ageSec: STALE_AFTER_SEC + 5 });
      expect(await take(old, 'r')).toMatchObject({ kind: 'taken', from: { run: 'dead', user: 'bob', host: 'desk' } });
      const before = sandbox().runDir;
      plant(before, { run: 'dead', ageSec: 1, boot: 'another' });
      expect(await take(before, 'r')).toMatchObject({ kind: 'taken', from: { run: 'dead' } });
    });

    it('is not taken over while its program lives or its operator was there a moment ago', async () => {
      const busy = sandbox().runDir;
      plant(busy, { run: 'busy', ageSec: 9999, pid: process.pid });
      expect(await take(busy, 'r')).toMatchObject({ kind: 'held', by: { run: 'busy' } });
      const young = sandbox().runDir;
      plant(young, { run: 'young', ageSec: 20 });
      expect(await take(young, 'r')).toMatchObject({ kind: 'held' });
      const ended = sandbox().runDir;
      plant(ended, { run: 'ended', ageSec: 9999, pid: process.pid });
      writeFileSync(`${ended}/ended/h-1-p/rc`, '0\n');
      expect(await take(ended, 'r')).toMatchObject({ kind: 'taken' });
    });

    it('goes to every name of one machine when one run takes them at once', async () => {
      const { runDir } = sandbox();
      const all = await Promise.all(Array.from({ length: 8 }, () => take(runDir, 'same')));
      expect(all).toEqual(all.map(() => ({ kind: 'taken' })));
    });

    it('goes to exactly one of many who take over a stale one at once', async () => {
      const { runDir } = sandbox();
      plant(runDir, { run: 'dead', ageSec: 9999 });
      const all = await Promise.all(Array.from({ length: 8 }, (_, i) => take(runDir, `r${i}`)));
      expect(all.filter((o) => o.kind === 'taken')).toHaveLength(1);
      expect(all.filter((o) => o.kind === 'held')).toHaveLength(7);
    });
  });
});

describe('a run', () => {
  it('stops before anything is touched when a host is locked, and says by whom', async () => {
    const box = sandbox();
    plant(box.runDir, { run: 'other', ageSec: 1 });
    const failure = await runLocal(box, [play('p', ['h'], () => [touchTask(`${box.root}/x`)])]).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(LockedError);
    if (!(failure instanceof LockedError)) return;
    expect(failure.exitCode).toBe(4);
    expect(failure.parts.why).toBe('bob@desk since 2026-11-24T09:00:00.000Z, run other');
    expect(readFileSync(`${box.runDir}/lock/info`, 'utf8')).toContain('run=other');
    expect(readFileSync(`${box.journalDir}/latest/events.jsonl`, 'utf8')).toContain('"exitCode":4');
  });

  it('warns when it takes over', async () => {
    const box = sandbox();
    plant(box.runDir, { run: 'dead', ageSec: 9999 });
    const result = await runLocal(box, [play('p', ['h'], () => [touchTask(`${box.root}/x`)])]);
    expect(ofType(result.events, 'warning')[0]?.text).toContain('stale lock of run dead (bob@desk');
    expect(result.exitCode).toBe(0);
  });
});
