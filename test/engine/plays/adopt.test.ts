import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LockedError } from '../../../src/base/errors.js';
import { ownController } from '../../../src/engine/journal/controller.js';
import { lookAtLocks } from '../../../src/engine/locks/look.js';
import { launchScript } from '../../../src/engine/program/scripts.js';
import type { PlannedPlay } from '../../../src/engine/types.js';
import { joinShell, sh } from '../../../src/shell/shell.js';
import type { Session } from '../../../src/transport/types.js';
import {
  LocalSession,
  ofType,
  play,
  runLocal,
  sandbox,
  statuses,
  type TestShell,
  task,
  testSecret,
  testShells,
  touchTask,
} from '../../support/local.js';

type Box = ReturnType<typeof sandbox>;

/** Five tasks; each writes its number into a log, slowly, and must run exactly once over all runs. */
function slowPlay(root: string): PlannedPlay {
  return play('slow', ['h'], () =>
    [1, 2, 3, 4, 5].map((n) =>
      task(
        `n${n}`,
        sh`grep -qx ${n} ${root}/log`,
        joinShell([sh`echo ${`begin ${n}`}; sleep 0.3`, sh`echo ${n} >> ${root}/log`]),
        n === 5 ? { exports: { last: sh`tail -n 1 ${root}/log` } } : {},
      ),
    ),
  );
}

const log = (root: string): string => (existsSync(`${root}/log`) ? readFileSync(`${root}/log`, 'utf8') : '');

/** As after `kill -9` of the controller: the connection is gone, the lock names a process that is no more. */
async function dieDuring(box: Box, plays: PlannedPlay[], when: string, shell?: TestShell, user?: string): Promise<string> {
  const result = await runLocal(box, plays, {
    shell,
    run: '20261124-090000-dead',
    cut: (chunk) => chunk.includes(when),
    reconnect: () => Promise.reject(new Error('dead')),
    retry: { giveUpMs: 1, firstDelayMs: 1 },
  });
  const file = `${box.runDir}/lock/info`;
  const own = ownController();
  const dead = own.process.replace(/ \d+ (\d+)$/, ' 999999999 $1');
  writeFileSync(
    file,
    readFileSync(file, 'utf8')
      .replace(/^process=.*$/m, `process=${dead}`)
      .replace(/^user=.*$/m, `user=${user ?? own.user}`),
  );
  return result.run;
}

describe.each(testShells())('after the death of its controller, under $name,', (shell) => {
  describe.skipIf(shell.command === undefined)('(skipped when that shell is not installed)', () => {
    it('a program is followed to its end by the next run, and nothing of it is run twice', async () => {
      const box = sandbox();
      const dead = await dieDuring(box, [slowPlay(box.root)], 'begin 2', shell);
      expect(log(box.root)).not.toContain('5');
      const next = await runLocal(box, [slowPlay(box.root)], { shell });
      expect(log(box.root)).toBe('1\n2\n3\n4\n5\n');
      const before = `slow (begun by run ${dead})`;
      const adopted = ofType(next.events, 'task-end').filter((e) => e.play === before);
      expect(adopted.map((e) => `${e.task}=${e.status}`)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5'].map((n) => `${n}=changed`));
      expect(ofType(next.events, 'task-output').map((e) => e.text)).toEqual([1, 2, 3, 4, 5].map((n) => `begin ${n}`));
      expect(ofType(next.events, 'warning').map((e) => e.text)).toEqual([
        expect.stringContaining(`took over the stale lock of run ${dead}`),
        `run ${dead} has left a program running here: it is followed to its end first`,
      ]);
      // The run itself found everything done, and knows the exports of its own plays.
      expect(next.recap).toMatchObject([{ ok: 5, changed: 0, failed: 0 }]);
      expect(next.exports.get('h')?.get('last')).toBe('5');
      expect(readdirSync(box.runDir)).toEqual([]);
    });

    it('a program that has ended meanwhile is read, and a failure of it does not stop the run', async () => {
      const box = sandbox();
      const bad = play('p', ['h'], () => [task('bad', sh`[ -e ${box.root}/good ]`, sh`echo working; echo sorry; exit 3`)]);
      const dead = await dieDuring(box, [bad], 'working', shell);
      await expect.poll(() => existsSync(`${box.runDir}/${dead}/h-1-p/rc`), { timeout: 5000 }).toBe(true);
      const good = play('p', ['h'], () => [touchTask(`${box.root}/good`)]);
      const next = await runLocal(box, [good], { shell });
      expect(ofType(next.events, 'task-end').map((e) => [e.task, e.status, e.tail])).toEqual([
        ['bad', 'failed', ['working', 'sorry']],
        [`t/${box.root}/good`, 'changed', undefined],
      ]);
      expect(ofType(next.events, 'warning').at(-1)?.text).toBe(`the program of run ${dead}: it failed`);
      expect(next.exitCode).toBe(0);
      expect(readdirSync(box.runDir)).toEqual([]);
    });

    it('another operator is refused, and may stop it by force, with all that it started', async () => {
      const box = sandbox();
      const pid = `${box.root}/pid`;
      const escaped = sh`echo working; setsid sh -c ${`echo $$ > ${pid}; exec sleep 300`} & sleep 300`;
      const hanging = [play('p', ['h'], () => [task('hang', sh`false`, escaped)])];
      await dieDuring(box, hanging, 'working', shell, 'somebody-else');
      const mine = [play('p', ['h'], () => [touchTask(`${box.root}/mine`)])];
      const refusal = await runLocal(box, mine, { shell }).catch((e: unknown) => e);
      expect(refusal).toBeInstanceOf(LockedError);
      if (!(refusal instanceof LockedError)) return;
      expect(refusal.parts.why).toContain('h: task 1 of 1, Title of hang (play p)');
      expect(existsSync(`${box.root}/mine`)).toBe(false);
      const forced = await runLocal(box, mine, { shell, forceUnlock: true });
      expect(ofType(forced.events, 'warning')[0]?.text).toMatch(
        /^broke the lock of run 20261124-090000-dead \(somebody-else@.*; its program was stopped at task 1 of 1, Title of hang \(play p\)$/,
      );
      expect(statuses(forced.events).at(-1)).toBe(`t/${box.root}/mine=changed`);
      await expect.poll(() => existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}`), { timeout: 5000 }).toBe(false);
      expect(readdirSync(box.runDir)).toEqual([]);
    });

    it('what was on its way when the lock changed hands starts nothing', async () => {
      const box = sandbox();
      mkdirSync(`${box.runDir}/lock`);
      writeFileSync(`${box.runDir}/lock/info`, 'run=another\n');
      const launch = { program: `: > ${box.root}/started\n`, secrets: new Map([['test.token', testSecret]]), label: 'x' };
      let out = '';
      const script = launchScript({ runDir: box.runDir, run: 'late', key: 'k' }, 'n0nce', launch);
      await new LocalSession('h', { shell }).exec('sh', {
        stdin: script,
        onStdout: (chunk) => {
          out += chunk.toString();
        },
      });
      expect(out).toContain('\x1en0nce fenced\n');
      expect(readdirSync(box.runDir)).toEqual(['lock']);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(existsSync(`${box.root}/started`)).toBe(false);
    });
  });
});

describe('whoever attaches to a run', () => {
  it('takes the place of a dead controller, also of another operator, and counts its tasks', async () => {
    const box = sandbox();
    const dead = await dieDuring(box, [slowPlay(box.root)], 'begin 2', undefined, 'somebody-else');
    await expect(runLocal(box, [slowPlay(box.root)])).rejects.toThrow(LockedError);
    const sessions = new Map<string, Session>([['h', new LocalSession('h')]]);
    const attached = await runLocal(box, [], { sessions, attach: { run: dead, hosts: ['h'] } });
    expect(attached.recap).toMatchObject([{ host: 'h', changed: 5, failed: 0 }]);
    expect(attached.exitCode).toBe(0);
    expect(log(box.root)).toBe('1\n2\n3\n4\n5\n');
    expect(readdirSync(box.runDir)).toEqual([]);
  });

  it('only watches while the controller lives', async () => {
    const box = sandbox();
    let watching: ReturnType<typeof runLocal> | undefined;
    const look = async (): ReturnType<typeof runLocal> => {
      const sessions = new Map<string, Session>([['h', new LocalSession('h')]]);
      const connect = (): Promise<Session> => Promise.resolve(new LocalSession('h'));
      const { answers } = await lookAtLocks({ sessions, connect, runDir: box.runDir, forks: 5 });
      const answer = answers.get('h');
      if (answer?.verdict !== 'held') throw new Error(`held was expected: ${answer?.verdict}`);
      return runLocal(box, [], { sessions, attach: { run: 'r1', hosts: ['h'], watch: new Map([['h', answer.programs]]) } });
    };
    const run = await runLocal(box, [slowPlay(box.root)], {
      run: 'r1',
      view: (e) => {
        if (e.type === 'task-output' && e.text === 'begin 2') watching ??= look();
      },
    });
    const watched = await watching;
    expect(run.recap).toMatchObject([{ changed: 5 }]);
    expect(watched && statuses(watched.events)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5'].map((n) => `${n}=changed`));
    expect(watched?.exitCode).toBe(0);
    expect(readdirSync(box.runDir)).toEqual([]);
  });
});

describe('a run that loses its lock', () => {
  it('starts nothing more on that host, and says who has it', async () => {
    const box = sandbox();
    const steal = (): void => writeFileSync(`${box.runDir}/lock/info`, 'run=thief\nuser=eve\nhost=desk\nsince=now\n');
    const result = await runLocal(
      box,
      [play('one', ['h'], () => [touchTask(`${box.root}/one`)]), play('two', ['h'], () => [touchTask(`${box.root}/two`)])],
      {
        view: (e) => {
          if (e.type === 'play-end' && e.play === 'one') steal();
        },
      },
    );
    expect(existsSync(`${box.root}/two`)).toBe(false);
    expect(ofType(result.events, 'host-failed').map((e) => e.error)).toEqual([
      'another run has taken the lock of this host: nothing was started',
    ]);
    expect(result.exitCode).toBe(1);
    expect(readFileSync(`${box.runDir}/lock/info`, 'utf8')).toContain('run=thief');
  });
});

describe('Ctrl-C', () => {
  it('reaches a program whose connection is cut at that moment', async () => {
    for (const which of ['signal', 'kill'] as const) {
      const box = sandbox();
      const abort = new AbortController();
      let dropped = false;
      const cut = (chunk: Buffer): boolean => {
        if (dropped || !chunk.includes('begin 2')) return false;
        dropped = true;
        abort.abort();
        return true;
      };
      const began = Date.now();
      const back = (): Promise<Session> =>
        Date.now() - began < 700 ? Promise.reject(new Error('no route')) : Promise.resolve(new LocalSession('h'));
      const long = play('p', ['h'], () => [
        ...[1, 2].map((n) =>
          task(
            `n${n}`,
            sh`grep -qx ${n} ${box.root}/log`,
            sh`echo ${`begin ${n}`}; sleep ${n === 1 ? 0 : which === 'kill' ? 60 : 2}; echo ${n} >> ${box.root}/log`,
          ),
        ),
        touchTask(`${box.root}/never`),
      ]);
      const result = await runLocal(box, [long], {
        [which]: abort.signal,
        cut,
        reconnect: back,
        retry: { giveUpMs: 5000, firstDelayMs: 50 },
      });
      expect(result.exitCode).toBe(130);
      expect(log(box.root)).toBe(which === 'signal' ? '1\n2\n' : '1\n');
      expect(existsSync(`${box.root}/never`)).toBe(false);
      expect(existsSync(`${box.runDir}/lock`)).toBe(false);
    }
  });
});
