import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { joinShell, sh } from '../../../src/shell/shell.js';
import type { Session } from '../../../src/transport/types.js';
import { LocalSession, ofType, play, runLocal, sandbox, statuses, task } from '../../support/local.js';

/** Ten tasks; each writes its number into a log, says three lines slowly, and must run exactly once. */
function countingPlay(root: string) {
  return play('count', ['h'], () =>
    Array.from({ length: 10 }, (_, i) =>
      task(
        `n${i}`,
        sh`grep -qx ${i} ${root}/log`,
        joinShell([
          sh`echo ${i} >> ${root}/log`,
          sh`for k in 1 2 3; do echo "${i} line $k"; sleep 0.05; done`,
          sh`printf ${`${i} end`}`,
        ]),
      ),
    ),
  );
}

const expected = Array.from({ length: 10 }, (_, i) => [`${i} line 1`, `${i} line 2`, `${i} line 3`, `${i} end`]).flat();

describe('a connection that is lost', () => {
  it.each([1, 2, 3, 5, 8, 13])('loses no output and runs nothing twice (cut at every chunk number %i)', async (every) => {
    const box = sandbox();
    let chunks = 0;
    let cuts = 0;
    let ended = false;
    const cut = (chunk: Buffer): boolean => {
      chunks++;
      // What comes after the last task's output is the lock being given back, and nobody needs to come back for that.
      const last = ended;
      ended ||= /^9 end/m.test(chunk.toString());
      if (last || chunks < 4 || chunks % every !== 0 || cuts >= 6) return false;
      cuts++;
      return true;
    };
    const result = await runLocal(box, [countingPlay(box.root)], { cut });
    expect(result.exitCode).toBe(0);
    expect(readFileSync(`${box.root}/log`, 'utf8')).toBe('0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n');
    expect(ofType(result.events, 'task-output').map((e) => e.text)).toEqual(expected);
    expect(statuses(result.events)).toHaveLength(10);
    expect(ofType(result.events, 'host-lost').length).toBe(ofType(result.events, 'host-back').length);
    expect(ofType(result.events, 'host-back').length).toBe(cuts);
  });

  it('tries again until it is there, and gives the host up when it never is; the others go on', async () => {
    const box = sandbox();
    let tries = 0;
    const sessions = new Map<string, Session>([
      ['gone', new LocalSession('gone', { cut: (c) => c.includes('working') })],
      ['fine', new LocalSession('fine')],
    ]);
    const tasks = (host: string) => [task('w', sh`[ -e ${box.root}/${host} ]`, sh`echo working; : > ${box.root}/${host}`)];
    const result = await runLocal(box, [play('one', ['gone', 'fine'], tasks), play('two', ['gone', 'fine'], tasks)], {
      sessions,
      reconnect: () => {
        tries++;
        return Promise.reject(new Error('no route to host'));
      },
      retry: { giveUpMs: 200, firstDelayMs: 10 },
    });
    expect(tries).toBeGreaterThan(2);
    expect(ofType(result.events, 'host-unreachable')).toMatchObject([{ host: 'gone', error: 'no route to host' }]);
    expect(result.recap).toMatchObject([
      { host: 'gone', unreachable: true },
      { host: 'fine', unreachable: false, ok: 1, changed: 1 },
    ]);
    expect(result.exitCode).toBe(3);
  });
});
