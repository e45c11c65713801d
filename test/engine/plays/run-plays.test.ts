import { existsSync, lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.js';
import { batches } from '../../../src/engine/plays/play-runner.js';
import { sh } from '../../../src/shell/shell.js';
import { ofType, play, runLocal, sandbox, statuses, task, touchTask } from '../../support/local.js';

const bad = task('bad', sh`false`, sh`echo sorry; exit 3`);

describe('plays', () => {
  it('run serial batches one after the other, with the exports of earlier ones', async () => {
    const box = sandbox();
    const seen: string[] = [];
    const result = await runLocal(box, [
      play(
        'rolling',
        ['a', 'b', 'c'],
        (host, exports) => {
          seen.push(`${host}:${[...exports.keys()].join('')}`);
          return [
            task(
              'log',
              sh`grep -qx ${`${host} end`} ${box.root}/log`,
              sh`echo ${`${host} begin`} >> ${box.root}/log; sleep 0.1; echo ${`${host} end`} >> ${box.root}/log`,
              { exports: { me: sh`echo ${host}` } },
            ),
          ];
        },
        { serial: 1 },
      ),
    ]);
    expect(result.exitCode).toBe(0);
    expect(readFileSync(`${box.root}/log`, 'utf8').trim().split('\n')).toEqual([
      'a begin',
      'a end',
      'b begin',
      'b end',
      'c begin',
      'c end',
    ]);
    expect(seen.slice(3)).toEqual(['b:a', 'c:ab']);
  });

  it('cuts hosts into batches as Ansible does', () => {
    expect(batches(['a', 'b', 'c', 'd', 'e'], 2)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(batches(['a', 'b', 'c', 'd', 'e'], '40%')).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(batches(['a', 'b'], '10%')).toEqual([['a'], ['b']]);
    expect(batches([], undefined)).toEqual([]);
    const ten = [...'abcdefghij'];
    expect(batches(ten, [1, 2, '30%']).map((b) => b.join(''))).toEqual(['a', 'bc', 'def', 'ghi', 'j']);
    expect(batches(ten, ['10%']).map((b) => b.length)).toEqual(Array(10).fill(1));
    expect(batches(ten, [20])).toEqual([ten]);
  });

  it.each([
    [50, undefined, ['a', 'b', 'c', 'd'], 'two'],
    [49, undefined, ['a', 'b'], 'max_fail_percentage 49, and 1 of 2 hosts failed); 2 hosts were not reached: a (failed'],
    [0, undefined, ['a', 'b'], 'max_fail_percentage 0'],
    [undefined, true, ['a', 'b'], 'any_errors_fatal); 2 hosts were not reached: a (failed in play "one": Title of bad)'],
  ])('weigh the failures of each batch: at most %s %%, all fatal: %s', async (percent, fatal, ran, expected) => {
    const box = sandbox();
    const result = await runLocal(box, [
      play('one', ['a', 'b', 'c', 'd'], (h) => (h === 'a' ? [bad] : [touchTask(`${box.root}/${h}`)]), {
        serial: 2,
        ...(percent === undefined ? {} : { maxFailPercentage: percent }),
        ...(fatal ? { anyErrorsFatal: true } : {}),
      }),
      play('two', ['b'], () => [touchTask(`${box.root}/two`)]),
    ]);
    expect([...new Set(ofType(result.events, 'task-end').map((e) => e.host))].sort()).toEqual(ran);
    const said = [
      ...ofType(result.events, 'warning').map((e) => e.text),
      ...ofType(result.events, 'play-start').map((e) => e.play),
    ];
    expect(said.join('\n')).toContain(expected);
    expect(result.exitCode).toBe(1);
    expect(result.recap.find((r) => r.host === 'c')).toMatchObject({ changed: ran.includes('c') ? 1 : 0, failed: 0 });
  });

  it('leave out a play whose hosts are all gone, and say who failed where', async () => {
    const box = sandbox();
    const result = await runLocal(box, [
      play('one', ['a', 'b'], (h) => (h === 'a' ? [bad] : [touchTask(`${box.root}/b`)])),
      play('two', ['a'], () => [touchTask(`${box.root}/never`)]),
      play('three', ['b'], () => [touchTask(`${box.root}/three`)]),
    ]);
    expect(ofType(result.events, 'warning').map((e) => e.text)).toEqual([
      'Play "two" is skipped, because all its hosts have failed: a (failed in play "one": Title of bad)',
    ]);
    expect(existsSync(`${box.root}/three`)).toBe(true);
  });

  it('tell the planner which hosts have dropped out, and why, also between the batches of a play', async () => {
    const box = sandbox();
    const seen: Record<string, [string, string][]> = {};
    const note = (host: string, droppedOut: ReadonlyMap<string, string>) => {
      seen[host] = [...droppedOut];
      return [host === 'a' ? bad : touchTask(`${box.root}/${host}`)];
    };
    await runLocal(box, [
      play('one', ['a', 'b', 'c'], (host, _, droppedOut) => note(host, droppedOut), { serial: 2 }),
      play('two', ['d'], (host, _, droppedOut) => note(host, droppedOut)),
    ]);
    const a = ['a', 'failed in play "one": Title of bad'];
    expect(seen).toEqual({ a: [], b: [], c: [a], d: [a] });
  });

  it('ask before each play and task, and leave out what is not wanted', async () => {
    const box = sandbox();
    const asked: string[] = [];
    const result = await runLocal(
      box,
      [
        play('one', ['a'], () => [touchTask(`${box.root}/one`)]),
        play('two', ['a', 'b'], (h) => [
          task('x', sh`[ -e ${`${box.root}/x-${h}`} ]`, sh`: > ${`${box.root}/x-${h}`}`),
          ...(h === 'b' ? [task('y', sh`[ -e ${`${box.root}/y`} ]`, sh`: > ${`${box.root}/y`}`)] : []),
          task('z', sh`[ -e ${`${box.root}/z-${h}`} ]`, sh`: > ${`${box.root}/z-${h}`}`),
        ]),
      ],
      {
        step: (q) => {
          asked.push(`${q.play} ${q.task ?? '-'} ${q.hosts.join('')}`);
          return Promise.resolve(q.play !== 'one' && q.task !== 'x');
        },
      },
    );
    expect(asked).toEqual(['one - a', 'two - ab', 'two x ab', 'two y b', 'two z ab']);
    expect(statuses(result.events).sort()).toEqual(['y=changed', 'z=changed', 'z=changed']);
    expect(existsSync(`${box.root}/one`)).toBe(false);
    expect(result.exitCode).toBe(0);
  });

  it('lose a failed host, go on with the others, and skip a play without tasks quietly', async () => {
    const box = sandbox();
    const result = await runLocal(box, [
      play('one', ['a', 'b'], (host) => (host === 'a' ? [bad, touchTask(`${box.root}/no`)] : [touchTask(`${box.root}/b`)])),
      play('empty', ['a', 'b'], () => []),
      play('two', ['a', 'b'], (host) => [touchTask(`${box.root}/two-${host}`)]),
    ]);
    expect(result.plays.map((p) => p.name)).toEqual(['one', 'two']);
    expect(existsSync(`${box.root}/two-b`)).toBe(true);
    expect(existsSync(`${box.root}/two-a`)).toBe(false);
    expect(ofType(result.events, 'task-end').find((e) => e.status === 'failed')).toMatchObject({
      host: 'a',
      code: 3,
      tail: ['sorry'],
    });
    expect(result.recap).toEqual([
      { host: 'a', ok: 0, changed: 0, failed: 1, skipped: 1, unreachable: false },
      { host: 'b', ok: 0, changed: 2, failed: 0, skipped: 0, unreachable: false },
    ]);
    expect(result.exitCode).toBe(1);
  });

  it('end the run after a play whose errors are fatal', async () => {
    const box = sandbox();
    const result = await runLocal(box, [
      play('one', ['a', 'b'], (host) => (host === 'a' ? [bad] : [touchTask(`${box.root}/b`)]), { anyErrorsFatal: true }),
      play('two', ['b'], () => [touchTask(`${box.root}/never`)]),
    ]);
    expect(statuses(result.events, 'b')).toEqual([`t/${box.root}/b=changed`]);
    expect(existsSync(`${box.root}/never`)).toBe(false);
  });

  it.each([
    ['a', false],
    ['b', true],
  ])('end the run when the host %s is vital and a has failed: %s goes on', async (vital, goesOn) => {
    const box = sandbox();
    const result = await runLocal(box, [
      play('one', ['a', 'b'], (host) => (host === 'a' ? [bad] : [touchTask(`${box.root}/b`)]), { vital: new Set([vital]) }),
      play('two', ['b'], () => [touchTask(`${box.root}/two`)]),
    ]);
    expect(existsSync(`${box.root}/two`)).toBe(goesOn);
    const said = ofType(result.events, 'warning').map((e) => e.text);
    expect(said.some((t) => t.includes('the rest needs a'))).toBe(!goesOn);
  });

  it('fail a host whose tasks cannot be made, and only that one', async () => {
    const box = sandbox();
    const result = await runLocal(box, [
      play('one', ['a', 'b'], (host) => {
        if (host === 'a') throw new InputError({ what: 'no address', fix: 'Set ip' });
        return [touchTask(`${box.root}/b`)];
      }),
    ]);
    expect(ofType(result.events, 'host-failed')).toMatchObject([{ host: 'a', error: 'no address\nSet ip' }]);
    expect(result.recap).toMatchObject([{ failed: 1 }, { changed: 1 }]);
  });

  it('stop after the present task when asked once, and at once when asked twice', async () => {
    for (const [which, ended] of [
      ['signal', true],
      ['kill', false],
    ] as const) {
      const box = sandbox();
      const abort = new AbortController();
      const slow = task('slow', sh`[ -e ${box.root}/slow ]`, sh`echo begun; sleep ${ended ? 1 : 60}; : > ${box.root}/slow`);
      const result = await runLocal(
        box,
        [play('one', ['h'], () => [slow, touchTask(`${box.root}/next`)]), play('two', ['h'], () => [bad])],
        {
          [which]: abort.signal,
          view: (e) => {
            if (e.type === 'task-output') abort.abort();
          },
        },
      );
      expect(existsSync(`${box.root}/slow`)).toBe(ended);
      expect(existsSync(`${box.root}/next`)).toBe(false);
      expect(result.exitCode).toBe(130);
      expect(statuses(result.events)).toEqual([ended ? 'slow=changed' : 'slow=failed']);
      expect(readFileSync(`${result.dir}/events.jsonl`, 'utf8')).toContain('"run-end"');
      expect(existsSync(`${box.runDir}/lock`)).toBe(false);
    }
  });

  it('leave a journal that only its owner reads', async () => {
    const box = sandbox();
    const result = await runLocal(box, [
      play('one', ['h'], () => [touchTask(`${box.root}/x`, { apply: sh`echo said; : > ${box.root}/x` })]),
    ]);
    expect(result.run).toMatch(/^\d{8}-\d{6}-[0-9a-f]{6}$/);
    expect(readlinkSync(`${box.journalDir}/latest`)).toBe(result.run);
    expect(lstatSync(result.dir).mode & 0o777).toBe(0o700);
    expect(statSync(`${result.dir}/h.log`).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${result.dir}/h.log`, 'utf8')).toMatch(
      /=== one \(1 tasks\)\n.*\[1\/1\] Make .*\n +\| said\n.*changed after/,
    );
    const lines = readFileSync(`${result.dir}/events.jsonl`, 'utf8').trim().split('\n');
    const [header, ...rest] = lines.map((l) => JSON.parse(l));
    expect(header.schema).toBe('kubewright.journal/1');
    expect(rest).toEqual(result.events);
  });
});
