import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ownController } from '../../../src/engine/journal/controller.js';
import { sh } from '../../../src/shell/shell.js';
import type { Task } from '../../../src/tasks/task.js';
import { ofType, play, runLocal, sandbox, statuses, task, testShells, touchTask } from '../../support/local.js';

/** Writes down when its host begins and ends; two at once, or a begin without its end, show in the notes. */
function restart(root: string, host: string, fails = false): Task[] {
  const notes = `${root}/notes`;
  return [
    task(
      'config',
      sh`[ -e ${`${root}/${host}.config`} ]`,
      sh`
        echo ${`${host} begins`} >> ${notes}
        : > ${`${root}/${host}.config`}`,
      // Its output is hidden, but not why it got no turn.
      { turn: true, sensitive: true },
    ),
    task(
      'service',
      sh`[ -e ${`${root}/${host}.service`} ]`,
      sh`
        sleep 0.3
        ${fails ? sh`exit 7` : sh`:`}
        : > ${`${root}/${host}.service`}
        echo ${`${host} ends`} >> ${notes}`,
      { turn: true },
    ),
    touchTask(`${root}/${host}.after`),
  ];
}

const HOSTS = ['a', 'b', 'c'];

describe.each(testShells())('turns under $name', (shell) => {
  describe.skipIf(shell.command === undefined)('(skipped when that shell is not installed)', () => {
    it('go from host to host, each with all of its tasks that take a turn', async () => {
      const box = sandbox();
      const result = await runLocal(box, [play('p', HOSTS, (h) => restart(box.root, h))], { shell });
      expect(result.exitCode).toBe(0);
      const notes = readFileSync(`${box.root}/notes`, 'utf8').trimEnd().split('\n');
      expect(notes).toHaveLength(6);
      for (let i = 0; i < 6; i += 2) {
        const [host] = (notes[i] ?? '').split(' ');
        expect(notes.slice(i, i + 2)).toEqual([`${host} begins`, `${host} ends`]);
      }
      expect(HOSTS.every((h) => existsSync(`${box.root}/${h}.after`))).toBe(true);
    });

    it('end with the first host that does not come back: nothing is changed on the others', async () => {
      const box = sandbox();
      const result = await runLocal(box, [play('p', HOSTS, (h) => restart(box.root, h, true))], { shell });
      expect(result.exitCode).toBe(1);
      expect(HOSTS.filter((h) => existsSync(`${box.root}/${h}.config`))).toHaveLength(1);
      const [broken] = HOSTS.filter((h) => existsSync(`${box.root}/${h}.config`));
      const failed = ofType(result.events, 'task-end').filter((e) => e.status === 'failed');
      expect(failed.find((e) => e.host === broken)).toMatchObject({ task: 'service', code: 7 });
      for (const e of failed.filter((f) => f.host !== broken)) {
        expect(e.task).toBe('config');
        expect(e.tail?.join('\n')).toContain(`nothing was changed here, because ${broken} did not come back from its turn`);
      }
      expect(failed).toHaveLength(3);
    });

    it('are not waited for where nothing is to be changed, nor in check mode', async () => {
      const box = sandbox();
      for (const h of HOSTS) {
        writeFileSync(`${box.root}/${h}.config`, '');
        writeFileSync(`${box.root}/${h}.service`, '');
      }
      const done = await runLocal(box, [play('p', HOSTS, (h) => restart(box.root, h))], { shell });
      expect(statuses(done.events, 'b')).toEqual(['config=ok', 'service=ok', `t/${box.root}/b.after=changed`]);
      const fresh = sandbox();
      const check = await runLocal(fresh, [play('p', HOSTS, (h) => restart(fresh.root, h))], { shell, check: true });
      expect(statuses(check.events, 'b').slice(0, 2)).toEqual(['config=would-change', 'service=would-change']);
    });

    it('are given by no dead controller: the next run ends the program that waits, and gives it its turn in its own play', async () => {
      const box = sandbox();
      const plays = [play('p', ['a'], (h) => restart(box.root, h))];
      await runLocal(box, plays, {
        shell,
        run: '20261124-090000-dead',
        cut: (chunk) => chunk.includes(' turn 1'),
        reconnect: () => Promise.reject(new Error('dead')),
        retry: { giveUpMs: 1, firstDelayMs: 1 },
      });
      const info = `${box.runDir}/lock/info`;
      const own = ownController();
      writeFileSync(
        info,
        readFileSync(info, 'utf8')
          .replace(/^process=.*$/m, `process=${own.process.replace(/ \d+ (\d+)$/, ' 999999999 $1')}`)
          .replace(/^user=.*$/m, `user=${own.user}`),
      );
      expect(existsSync(`${box.root}/notes`)).toBe(false);
      const result = await runLocal(box, plays, { shell });
      expect(result.exitCode).toBe(0);
      const refused = ofType(result.events, 'task-end').filter((e) => e.status === 'failed');
      expect(refused.map((e) => e.tail?.join('\n'))).toEqual([
        expect.stringContaining('the run that gave the turns was cut off'),
      ]);
      expect(readFileSync(`${box.root}/notes`, 'utf8')).toBe('a begins\na ends\n');
    });

    it('are left by a program that is asked to stop while it waits', async () => {
      const box = sandbox();
      const stop = new AbortController();
      const slow = (h: string): Task[] => [
        task(
          'slow',
          sh`[ -e ${`${box.root}/${h}`} ]`,
          sh`
            : > ${`${box.root}/begun`}
            until [ -e ${`${box.root}/go`} ]; do sleep 0.1; done
            : > ${`${box.root}/${h}`}`,
          { turn: true },
        ),
      ];
      const running = runLocal(box, [play('p', HOSTS, slow)], { shell, signal: stop.signal });
      while (!existsSync(`${box.root}/begun`)) await new Promise((resolve) => setTimeout(resolve, 50));
      stop.abort();
      // The one that has its turn ends; the others never begin.
      const [run = ''] = readdirSync(box.runDir).filter((name) => existsSync(`${box.runDir}/${name}/${HOSTS[0]}-1-p`));
      while (!HOSTS.every((h) => existsSync(`${box.runDir}/${run}/${h}-1-p/stop`)))
        await new Promise((resolve) => setTimeout(resolve, 50));
      writeFileSync(`${box.root}/go`, '');
      const result = await running;
      expect(result.exitCode).toBe(130);
      expect(HOSTS.filter((h) => existsSync(`${box.root}/${h}`))).toHaveLength(1);
    });
  });
});
