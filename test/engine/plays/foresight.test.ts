import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PlannedPlay } from '../../../src/engine/types.js';
import { sh } from '../../../src/shell/shell.js';
import { waitFor } from '../../../src/tasks/command.js';
import { ofType, play, runLocal, sandbox, statuses, task, testShells, touchTask } from '../../support/local.js';

type Box = ReturnType<typeof sandbox>;

/** A little world with everything that makes foresight hard. */
function world({ root }: Box, values: { unit?: string; config?: string; other?: string } = {}): PlannedPlay[] {
  const setting = (id: string, value: string, path = `${root}/${id}`) =>
    task(id, sh`[ "$(cat ${path})" = ${value} ]`, sh`echo ${value} > ${path}`, { writes: [path] });
  const hash = sh`cat ${`${root}/config`} ${`${root}/unit`} 2>/dev/null`;
  return [
    play('files', ['h'], () => [setting('unit', values.unit ?? 'u')]),
    play('service', ['h'], () => [
      setting('config', values.config ?? 'c'),
      setting('unrelated', values.other ?? 'x'),
      // Follows a file of its own play and one of an earlier play.
      task('service', sh`[ "$(cat ${root}/started)" = "$(${hash})" ]`, sh`${hash} > ${root}/started`, {
        reads: [`${root}/config`, `${root}/unit`],
      }),
      touchTask(`${root}/join`, { id: 'join', apply: sh`: > ${root}/join; : > ${root}/stamp` }),
      // Comes about with the join, or by itself.
      touchTask(`${root}/stamp`, { id: 'stamp', doneBy: ['join'] }),
      waitFor({ id: 'wait', title: 'wait', until: sh`[ -e ${root}/join ]`, timeoutSec: 5 }),
      task('lookup', sh`[ -e ${root}/join ]`, sh`exit 1`, { readOnly: true, exports: { found: sh`echo yes` } }),
    ]),
  ];
}

describe.each(testShells().filter((s) => s.command))('check mode under $name', (shell) => {
  const go = (box: Box, check: boolean, values = {}) => runLocal(box, world(box, values), { shell, check });
  const those = (run: Awaited<ReturnType<typeof go>>, status: string): string[] =>
    ofType(run.events, 'task-end')
      .filter((e) => e.status === status)
      .map((e) => e.task);

  /** What is announced is what is changed; afterwards nothing is. */
  async function agree(box: Box, expected: readonly string[], values = {}): Promise<void> {
    const check = await go(box, true, values);
    expect(check.exitCode).toBe(0);
    const apply = await go(box, false, values);
    expect(apply.exitCode).toBe(0);
    expect(those(check, 'would-change')).toEqual(expected);
    expect(those(apply, 'changed')).toEqual(expected);
    const after = await go(box, true, values);
    expect(after.recap).toMatchObject([{ ok: 8, changed: 0, failed: 0, skipped: 0 }]);
  }

  it('announces exactly what is changed then: on a fresh machine, and after each little change', async () => {
    const box = sandbox();
    await agree(box, ['unit', 'config', 'unrelated', 'service', 'join']);
    await agree(box, ['unit', 'service'], { unit: 'u2' });
    await agree(box, ['config', 'service'], { unit: 'u2', config: 'c2' });
    await agree(box, ['unrelated'], { unit: 'u2', config: 'c2', other: 'y' });
  });

  it('announces one thing too many where a file was changed by hand behind the back of its service', async () => {
    const box = sandbox();
    await go(box, false);
    writeFileSync(`${box.root}/unit`, 'by hand\n');
    expect(those(await go(box, true), 'would-change')).toEqual(['unit', 'service']);
    // Put back, the file is the one that the service was started with.
    expect(those(await go(box, false), 'changed')).toEqual(['unit']);
  });

  it('does by itself what nothing else does', async () => {
    const box = sandbox();
    await go(box, false);
    rmSync(`${box.root}/stamp`);
    await agree(box, ['stamp']);
  });

  it('leaves out what it cannot know yet, and counts it as skipped', async () => {
    const box = sandbox();
    const check = await go(box, true);
    expect(those(check, 'skipped')).toEqual(['stamp', 'wait', 'lookup']);
    expect(check.recap).toMatchObject([{ changed: 5, failed: 0, skipped: 3 }]);
    expect(check.exports.size).toBe(0);
    expect(existsSync(`${box.root}/join`)).toBe(false);
  });

  it('a wait that was needed is no change', async () => {
    const box = sandbox();
    const wait = waitFor({
      id: 'w',
      title: 'w',
      until: sh`[ -e ${box.root}/x ] || { : > ${box.root}/x; exit 1; }`,
      timeoutSec: 5,
    });
    const run = await runLocal(box, [play('p', ['h'], () => [wait])], { shell });
    expect(statuses(run.events)).toEqual(['w=ok']);
    expect(readFileSync(`${run.dir}/events.jsonl`, 'utf8')).not.toContain('"changed":1');
  });
});
