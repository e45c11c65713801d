import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { LockedError } from '../../../src/base/errors.js';
import { Connections } from '../../../src/engine/connections/connections.js';
import { ownController, processState } from '../../../src/engine/journal/controller.js';
import { Keeper } from '../../../src/engine/locks/keeper.js';
import { type LockAnswer, type LockInfo, STALE_AFTER_SEC } from '../../../src/engine/locks/lock.js';
import { Locks } from '../../../src/engine/locks/locks.js';
import { encodeLabel } from '../../../src/engine/program/program-label.js';
import { sh } from '../../../src/shell/shell.js';
import { LocalSession, ofType, play, runLocal, sandbox, type TestShell, testShells, touchTask } from '../../support/local.js';

const info = (run: string): LockInfo => ({
  run,
  user: 'alice',
  host: 'laptop',
  since: '2026-11-24T10:30:00.000Z',
  process: 'm b ns 1 2',
});
const boot = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const uptime = (): number => Math.floor(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]));
const startOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')[19] ?? '';

interface Planted {
  readonly run: string;
  readonly ageSec: number;
  readonly boot?: string;
  readonly user?: string;
  readonly host?: string;
  /** Default: on another machine. */
  readonly process?: string;
  /** A program of it, with this process. */
  readonly pid?: number;
  readonly rc?: number;
}

function plant(runDir: string, o: Planted): void {
  mkdirSync(`${runDir}/lock`, { recursive: true });
  const fields = {
    run: o.run,
    user: o.user ?? 'bob',
    host: o.host ?? 'desk',
    since: '2026-11-24T09:00:00.000Z',
    process: o.process ?? 'another boot ns 1 2',
    boot: o.boot ?? boot(),
  };
  writeFileSync(
    `${runDir}/lock/info`,
    Object.entries(fields)
      .map(([k, v]) => `${k}=${v}\n`)
      .join(''),
  );
  writeFileSync(`${runDir}/lock/held`, '');
  writeFileSync(`${runDir}/lock/beat`, `${uptime() - o.ageSec}\n`);
  if (o.pid === undefined) return;
  const dir = `${runDir}/${o.run}/h-1-p`;
  mkdirSync(`${dir}/started`, { recursive: true });
  writeFileSync(`${dir}/pid`, `${o.pid} ${startOf(o.pid)}\n`);
  writeFileSync(`${dir}/watch`, '3 tree 1 600 0 2\n');
  const tasks = [1, 2, 3].map((n) => ({ id: `t${n}`, title: `Task number ${n}` }));
  writeFileSync(`${dir}/label`, `${encodeLabel({ nonce: 'abc', play: 'etcd', host: 'h', tasks, needs: {} })}\n`);
  if (o.rc !== undefined) writeFileSync(`${dir}/rc`, `${o.rc}\n`);
}

function connections(shell?: TestShell): Connections {
  return new Connections({
    sessions: new Map([['h', new LocalSession('h', { shell })]]),
    connect: () => Promise.resolve(new LocalSession('h', { shell })),
    firstDelayMs: 10,
    onLost: () => undefined,
    onBack: () => undefined,
  });
}

function keeper(runDir: string, run: string, shell?: TestShell, lost: LockInfo[] = []): Keeper {
  return new Keeper({
    connection: connections(shell).get('h'),
    runDir,
    nonce: 'n0nce',
    info: info(run),
    onLost: (by) => lost.push(by),
    onRestart: () => undefined,
  });
}

const verdict = (a: { verdict: string }): string => a.verdict;
const said = (a: Awaited<ReturnType<Keeper['take']>>): LockAnswer => {
  if (a.verdict === 'failed') throw new Error(a.error);
  return a;
};

/** What `Locks` decides about one host; the lock is given back. */
async function acquire(runDir: string, o: { force?: boolean; shell?: TestShell; run?: string } = {}) {
  const notes: string[] = [];
  const failed: string[] = [];
  try {
    const locks = await Locks.acquire(['h'], {
      run: o.run ?? 'mine',
      runDir,
      nonce: 'n0nce',
      forks: 5,
      connections: connections(o.shell),
      force: o.force,
      onNote: (_host, text) => notes.push(text),
      onFailed: (_host, error) => failed.push(error),
    });
    const found = locks.found.get('h');
    const holder = /^run=(.*)$/m.exec(readFileSync(`${runDir}/lock/info`, 'utf8'))?.[1];
    await locks.release();
    return { notes, failed, found, holder };
  } catch (error) {
    if (error instanceof LockedError) return { notes, failed, refused: error.parts };
    throw error;
  }
}

describe.each(testShells())('the lock of a host under $name', (shell) => {
  describe.skipIf(shell.command === undefined)('(skipped when that shell is not installed)', () => {
    it('is taken, kept for the same run, refused to another, and given back', async () => {
      const { runDir } = sandbox();
      const [one, same, other] = [keeper(runDir, 'r1', shell), keeper(runDir, 'r1', shell), keeper(runDir, 'r2', shell)];
      expect(verdict(await one.take())).toBe('taken');
      expect(verdict(await same.take())).toBe('taken');
      expect(await other.take()).toMatchObject({ verdict: 'held', by: info('r1'), taking: true, programs: [] });
      one.hold();
      await expect.poll(async () => said(await other.take()).taking, { timeout: 5000 }).toBe(false);
      await one.release(5000);
      await same.release(5000);
      expect(existsSync(`${runDir}/lock`)).toBe(false);
      expect(verdict(await other.take())).toBe('taken');
      await other.release(5000);
    });

    it('waits for one who is writing down who it is, and never takes a lock that is half written', async () => {
      const { runDir, root } = sandbox();
      // Holds the decision, has made the folder, and does not know yet that it is r1.
      const owner = spawn('sh', [
        '-c',
        `exec 9<"$1"; flock 9; mkdir "$1/lock"; echo ready; read go; cat "$2" >"$1/lock/info"; : >"$1/lock/beat"; exec 9<&-; read end`,
        'sh',
        runDir,
        `${root}/info`,
      ]);
      writeFileSync(`${root}/info`, `run=r1\nuser=alice\nhost=laptop\nsince=now\nprocess=\nboot=${boot()}\n`);
      await new Promise((resolve) => owner.stdout.once('data', resolve));
      const late = keeper(runDir, 'r2', shell);
      let answered = false;
      const answer = late.take().then((a) => {
        answered = true;
        return a;
      });
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(answered).toBe(false);
      owner.stdin.write('go\n');
      expect(await answer).toMatchObject({ verdict: 'held', by: { run: 'r1' } });
      owner.stdin.end();
    });

    it('is free when its owner died before it could write who it is', async () => {
      const { runDir } = sandbox();
      mkdirSync(`${runDir}/lock`);
      const k = keeper(runDir, 'r', shell);
      expect(verdict(await k.take())).toBe('taken');
      await k.release(5000);
    });

    it('is taken over from a run without sign of life, and from before a restart', async () => {
      const old = sandbox().runDir;
      plant(old, { run: 'dead', ageSec: STALE_AFTER_SEC + 5 });
      expect(await acquire(old, { shell })).toMatchObject({
        holder: 'mine',
        notes: ['took over the stale lock of run dead (bob@desk, 2026-11-24T09:00:00.000Z): its controller is gone'],
      });
      const before = sandbox().runDir;
      plant(before, { run: 'dead', ageSec: 1, boot: 'another', pid: process.pid });
      expect(await acquire(before, { shell })).toMatchObject({
        holder: 'mine',
        notes: ['the host was restarted during run dead (bob@desk, 2026-11-24T09:00:00.000Z): its lock is void'],
      });
      expect(existsSync(`${before}/dead`)).toBe(false);
    });

    it('stays with a run whose operator was heard a moment ago', async () => {
      const young = sandbox().runDir;
      plant(young, { run: 'young', ageSec: 20 });
      const { refused } = await acquire(young, { shell });
      expect(refused?.why).toMatch(
        /^bob@desk since 2026-11-24T09:00:00.000Z, run young; its controller's last sign of life was 2\d s ago \(after 60 s it counts as gone\)$/,
      );
      expect(refused?.fix).toContain('kubewright runs attach young');
    });

    it('stays with a program that runs on for another operator, and names its task', async () => {
      const { runDir } = sandbox();
      plant(runDir, { run: 'orphan', ageSec: 600, pid: process.pid });
      const { refused } = await acquire(runDir, { shell });
      expect(refused).toMatchObject({
        what: 'A run whose controller is gone still has programs running on this host',
        where: 'h',
        fix: 'Follow it to its end with kubewright runs attach orphan, or stop it and take the lock with --force-unlock',
      });
      expect(refused?.why).toBe(
        'bob@desk since 2026-11-24T09:00:00.000Z, run orphan; its controller has been gone for 10 min\nIts programs keep running by themselves:\nh: task 2 of 3, Task number 2 (play etcd)',
      );
    });

    it('hands a program that runs on, or ended unread, to the same operator', async () => {
      const own = ownController();
      for (const rc of [undefined, 0]) {
        const { runDir } = sandbox();
        plant(runDir, { run: 'before', ageSec: 600, user: own.user, host: own.host, pid: process.pid, rc });
        const { found, holder } = await acquire(runDir, { shell });
        expect(holder).toBe('mine');
        expect(found).toMatchObject([{ run: 'before', key: 'h-1-p', state: rc === undefined ? 'running' : 'ended', at: 2 }]);
      }
    });

    it('takes nothing over that has been read already, or never began, and leaves nothing of it behind', async () => {
      const { runDir } = sandbox();
      plant(runDir, { run: 'before', ageSec: 600, pid: process.pid, rc: 0 });
      writeFileSync(`${runDir}/before/h-1-p/seen`, '');
      mkdirSync(`${runDir}/before/h-2-q`);
      const { found, holder } = await acquire(runDir, { shell });
      expect(holder).toBe('mine');
      expect(found).toBeUndefined();
      expect(readdirSync(runDir)).toEqual([]);
    });

    it('is taken over at once when the controller was a process of this machine and is gone', async () => {
      const { runDir } = sandbox();
      const own = ownController();
      const dead = own.process.replace(/ \d+ (\d+)$/, ' 999999999 $1');
      plant(runDir, { run: 'killed', ageSec: 0, user: own.user, host: own.host, process: dead });
      expect(await acquire(runDir, { shell })).toMatchObject({ holder: 'mine' });
      // However long it was not heard: stopped in a debugger, or on a machine that slept.
      plant(runDir, { run: 'stopped', ageSec: 9999, user: own.user, host: own.host, process: own.process });
      const { refused } = await acquire(runDir, { shell });
      expect(refused?.why).toContain(`run stopped, process ${process.pid} of this machine`);
    });

    it('goes to every name of one machine when one run takes them at once', async () => {
      const { runDir } = sandbox();
      const keepers = Array.from({ length: 8 }, () => keeper(runDir, 'same', shell));
      const all = await Promise.all(keepers.map((k) => k.take()));
      expect(all.map(verdict)).toEqual(all.map(() => 'taken'));
      await Promise.all(keepers.map((k) => k.release(5000)));
    });

    it('goes to exactly one of many who take over a stale one at once', async () => {
      const { runDir } = sandbox();
      plant(runDir, { run: 'dead', ageSec: 9999 });
      const keepers = Array.from({ length: 8 }, (_, i) => keeper(runDir, `r${i}`, shell));
      const all = await Promise.all(keepers.map((k) => k.take({ over: 'dead' })));
      expect(all.filter((a) => a.verdict === 'over')).toHaveLength(1);
      expect(all.filter((a) => a.verdict === 'held')).toHaveLength(7);
      await Promise.all(keepers.map((k) => k.release(5000)));
    });

    it('is kept alive by its run alone, and its run hears when it has lost it', async () => {
      const { runDir } = sandbox();
      const lost: LockInfo[] = [];
      const k = keeper(runDir, 'mine', shell, lost);
      await k.take();
      writeFileSync(`${runDir}/lock/beat`, '0\n');
      k.beat();
      await expect.poll(() => Number(readFileSync(`${runDir}/lock/beat`, 'utf8')), { timeout: 5000 }).toBeGreaterThan(0);
      plant(runDir, { run: 'thief', ageSec: 500 });
      k.beat();
      await expect.poll(() => lost.map((l) => l.run), { timeout: 5000 }).toEqual(['thief']);
      expect(await k.ready()).toBe('the lock was taken by bob@desk, run thief, since 2026-11-24T09:00:00.000Z');
      expect(uptime() - Number(readFileSync(`${runDir}/lock/beat`, 'utf8'))).toBeGreaterThan(400);
      await k.release(5000);
      expect(readFileSync(`${runDir}/lock/info`, 'utf8')).toContain('run=thief');
    });
  });
});

describe('the process of a controller', () => {
  it('is alive, gone, or out of sight', () => {
    const own = ownController();
    expect(own.host).toBe(hostname());
    expect(processState(own, own)).toBe('alive');
    const words = own.process.split(' ');
    const other = (i: number, word: string) => ({ ...own, process: words.with(i, word).join(' ') });
    // The same number, given to a later process.
    expect(processState(other(4, '1'), own)).toBe('gone');
    for (const i of [0, 1, 2]) expect(processState(other(i, 'x'), own)).toBe('elsewhere');
    expect(processState({ ...own, process: '' }, own)).toBe('elsewhere');
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
    expect(existsSync(`${box.root}/x`)).toBe(false);
  });

  it('warns when it takes over', async () => {
    const box = sandbox();
    plant(box.runDir, { run: 'dead', ageSec: 9999 });
    const result = await runLocal(box, [play('p', ['h'], () => [touchTask(`${box.root}/x`)])]);
    expect(ofType(result.events, 'warning')[0]?.text).toContain('stale lock of run dead (bob@desk');
    expect(result.exitCode).toBe(0);
  });

  it('of several that begin at once, exactly one goes on', async () => {
    for (let i = 0; i < 3; i++) {
      const box = sandbox();
      const slow = (name: string) => touchTask(`${box.root}/${name}`, { apply: sh`sleep 1; : > ${`${box.root}/${name}`}` });
      const codes = await Promise.all(
        ['r0', 'r1', 'r2'].map((run) =>
          runLocal(box, [play('p', ['h'], () => [slow(run)])], { run }).then(
            () => 0,
            (e: unknown) => (e instanceof LockedError ? e.exitCode : -1),
          ),
        ),
      );
      expect(codes.toSorted()).toEqual([0, 4, 4]);
    }
  });
});
