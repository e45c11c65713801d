import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sh } from '../../../src/shell/shell.js';
import { waitFor } from '../../../src/tasks/command.js';
import { ofType, play, runLocal, sandbox, statuses, task, testShells, touchTask } from '../../support/local.js';

describe.each(testShells())('failures and waits under $name', (shell) => {
  describe.skipIf(shell.command === undefined)('(skipped when that shell is not installed)', () => {
    it('shows the cause before what the task said, and keeps the rest for the log', async () => {
      const box = sandbox();
      const failing = {
        ...task('t', sh`false`, sh`echo said; exit 7`),
        why: sh`echo 'cause: the disk'; echo second; echo --; echo everything`,
      };
      const { events } = await runLocal(box, [play('p', ['h'], () => [failing])], { shell });
      const [end] = ofType(events, 'task-end');
      expect(end).toMatchObject({ status: 'failed', code: 7, tail: ['cause: the disk', 'second', 'said'] });
      expect(ofType(events, 'task-output').map((e) => e.text)).toEqual(['said', 'cause: the disk', 'second', 'everything']);
    });

    it('does not look for a cause of what did not fail, and survives one that fails itself', async () => {
      const box = sandbox();
      const fine = { ...touchTask(`${box.root}/a`, { id: 'a' }), why: sh`touch ${`${box.root}/asked`}` };
      const bad = { ...task('t', sh`false`, sh`exit 3`), why: sh`echo half; exit 9` };
      const { events } = await runLocal(box, [play('p', ['h'], () => [fine, bad])], { shell });
      expect(existsSync(`${box.root}/asked`)).toBe(false);
      expect(ofType(events, 'task-end').at(-1)).toMatchObject({ status: 'failed', code: 3, tail: ['half'] });
    });

    it('leaves a wait at the first Ctrl-C and finishes a change', async () => {
      for (const waits of [true, false]) {
        const box = sandbox();
        const stop = new AbortController();
        const going = waits
          ? waitFor({ id: 't', title: 't', until: sh`touch ${`${box.root}/began`}; false`, timeoutSec: 60 })
          : task('t', sh`[ -e ${`${box.root}/end`} ]`, sh`touch ${`${box.root}/began`}; sleep 3; touch ${`${box.root}/end`}`);
        const watch = setInterval(() => existsSync(`${box.root}/began`) && stop.abort(), 50);
        const plays = [play('p', ['h'], () => [going, touchTask(`${box.root}/later`, { id: 'later' })])];
        const { events } = await runLocal(box, plays, { shell, signal: stop.signal });
        clearInterval(watch);
        expect(statuses(events)).toEqual(waits ? [] : ['t=changed']);
        expect(existsSync(`${box.root}/end`)).toBe(!waits);
        expect(existsSync(`${box.root}/later`)).toBe(false);
      }
    });

    it('gives a wait up that cannot get better', async () => {
      const box = sandbox();
      writeFileSync(`${box.root}/now`, '');
      const wait = waitFor({
        id: 't',
        title: 't',
        until: sh`false`,
        timeoutSec: 60,
        hopeless: sh`echo n >> "$notes"; [ "$(wc -l < "$notes")" -ge 2 ]; echo 'the image does not exist'`,
      });
      const { events } = await runLocal(box, [play('p', ['h'], () => [wait])], { shell });
      expect(ofType(events, 'task-end')[0]).toMatchObject({
        status: 'failed',
        tail: ['the image does not exist', 'gave up: waiting does not make this better'],
      });
    });
  });
});
