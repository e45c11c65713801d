import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { joinShell, sh } from '../../../src/shell/shell.js';
import {
  LocalSession,
  ofType,
  play,
  runLocal,
  sandbox,
  statuses,
  task,
  testSecret,
  testShells,
  touchTask,
} from '../../support/local.js';

describe.each(testShells())('a compiled program under $name', (shell) => {
  describe.skipIf(shell.command === undefined)('(skipped when that shell is not installed)', () => {
    it('applies what is missing, once, and finds it done the second time', async () => {
      const box = sandbox();
      const plays = [play('p', ['h'], () => ['a', 'b', 'c'].map((f) => touchTask(`${box.root}/${f}`, { id: f })))];
      const first = await runLocal(box, plays, { shell });
      expect(statuses(first.events)).toEqual(['a=changed', 'b=changed', 'c=changed']);
      expect(first.exitCode).toBe(0);
      const second = await runLocal(box, plays, { shell });
      expect(statuses(second.events)).toEqual(['a=ok', 'b=ok', 'c=ok']);
      expect(second.recap).toEqual([{ host: 'h', ok: 3, changed: 0, failed: 0, skipped: 0, unreachable: false }]);
      // Nothing stays behind on the host.
      expect(readdirSync(box.runDir)).toEqual([]);
    });

    it('keeps errexit in check and apply, also inside functions', async () => {
      const box = sandbox();
      const marker = `${box.root}/never`;
      const result = await runLocal(
        box,
        [
          play('p', ['h'], () => [
            task('check', joinShell([sh`f() { false; : > ${marker}; }`, sh`f`]), sh`true`),
            touchTask(`${box.root}/skipped`),
          ]),
        ],
        { shell },
      );
      expect(statuses(result.events)).toEqual(['check=failed']);
      expect(ofType(result.events, 'task-end')[0]?.tail).toEqual(['the check still fails after apply']);
      const apply = await runLocal(
        box,
        [play('p', ['h'], () => [task('apply', sh`[ -e ${marker} ]`, joinShell([sh`x=$(exit 7)`, sh`: > ${marker}`]))])],
        { shell },
      );
      expect(ofType(apply.events, 'task-end')[0]).toMatchObject({ status: 'failed', code: 7 });
      expect(existsSync(marker)).toBe(false);
      expect(result.recap[0]).toMatchObject({ failed: 1, skipped: 1 });
      expect(result.exitCode).toBe(1);
    });

    it('treats an unset variable as an error and gives tasks no stdin', async () => {
      const box = sandbox();
      const unset = await runLocal(box, [play('p', ['h'], () => [task('u', sh`false`, sh`echo "$not_set"`)])], { shell });
      expect(statuses(unset.events)).toEqual(['u=failed']);
      const stdin = await runLocal(
        box,
        [
          play('p', ['h'], () => [
            task('s', sh`[ -e ${`${box.root}/in`} ]`, sh`cat > ${`${box.root}/in`}`),
            touchTask(`${box.root}/next`),
          ]),
        ],
        { shell },
      );
      expect(stdin.exitCode).toBe(0);
      expect(readFileSync(`${box.root}/in`, 'utf8')).toBe('');
    });

    it('keeps the order of stdout and stderr, output without a final newline, and shows control characters', async () => {
      const box = sandbox();
      const done = `${box.root}/done`;
      const apply = joinShell([
        sh`echo one; echo two >&2; printf 'three\\033[31m\n'`,
        sh`printf '\\036deadbeef end 1 ok 0 0\n'`,
        sh`printf 'bytes: \\377\n'`,
        sh`printf 'no newline'`,
        sh`: > ${done}`,
      ]);
      const result = await runLocal(box, [play('p', ['h'], () => [task('o', sh`[ -e ${done} ]`, apply)])], { shell });
      expect(ofType(result.events, 'task-output').map((e) => e.text)).toEqual([
        'one',
        'two',
        'three\\x1b[31m',
        '\\x1edeadbeef end 1 ok 0 0',
        'bytes: \ufffd',
        'no newline',
      ]);
      expect(statuses(result.events)).toEqual(['o=changed']);
    });

    it('kills what takes too long, with everything that it started', async () => {
      const box = sandbox();
      const pid = `${box.root}/pid`;
      const apply = sh`trap '' TERM; sh -c ${`trap '' TERM; echo $$ > ${pid}; while :; do sleep 1; done`} | cat`;
      const result = await runLocal(
        box,
        [play('p', ['h'], () => [task('t', sh`false`, apply, { timeoutSec: 1, hint: 'try' })])],
        {
          shell,
        },
      );
      const end = ofType(result.events, 'task-end')[0];
      expect(end).toMatchObject({ status: 'failed', hint: 'try' });
      expect(end?.tail?.at(-1)).toBe('took longer than 1 s and was killed');
      await expect.poll(() => existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}`), { timeout: 5000 }).toBe(false);
    });

    it('kills what left its process group and session as well', async () => {
      const box = sandbox();
      const pid = `${box.root}/pid`;
      const daemon = `echo $$ > ${pid}; exec sleep 987`;
      // A double fork: its parent is gone by the time it is looked for.
      const apply = sh`setsid sh -c ${`sh -c '${daemon}' & exit 0`}; while [ ! -s ${pid} ]; do sleep 0.1; done; sleep 60`;
      const result = await runLocal(box, [play('p', ['h'], () => [task('t', sh`false`, apply, { timeoutSec: 1 })])], { shell });
      expect(ofType(result.events, 'task-end')[0]?.tail?.at(-1)).toBe('took longer than 1 s and was killed');
      await expect.poll(() => existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}`), { timeout: 5000 }).toBe(false);
    });

    it('kills a check that hangs', async () => {
      const box = sandbox();
      const result = await runLocal(
        box,
        [play('p', ['h'], () => [task('t', sh`sleep 987 | cat`, sh`true`, { timeoutSec: 1 })])],
        { shell },
      );
      expect(ofType(result.events, 'task-end')[0]?.tail).toEqual(['took longer than 1 s and was killed']);
    });

    it('kills what hangs when it is called off, and no shell tells that its children were killed', async () => {
      const box = sandbox();
      const began = `${box.root}/began`;
      const hangs = sh`: > ${began}; sleep 987 | cat`;
      for (const [check, apply] of [
        [hangs, sh`true`],
        [sh`false`, hangs],
      ] as const) {
        rmSync(began, { force: true });
        const [stop, kill] = [new AbortController(), new AbortController()];
        const running = runLocal(box, [play('p', ['h'], () => [task('t', check, apply)])], {
          ...{ shell, signal: stop.signal, kill: kill.signal },
        });
        await expect.poll(() => existsSync(began), { timeout: 10_000 }).toBe(true);
        stop.abort();
        kill.abort();
        const { events, exitCode } = await running;
        expect(exitCode).toBe(130);
        expect(ofType(events, 'task-end')[0]?.tail).toEqual(['interrupted']);
        expect(ofType(events, 'task-output')).toEqual([]);
      }
    });

    it('changes nothing in check mode, and shows the difference', async () => {
      const box = sandbox();
      const file = `${box.root}/f`;
      const tasks = () => [
        touchTask(file, { id: 'f', diff: sh`echo +${'a line'}`, exports: { x: sh`echo never` } }),
        touchTask(box.root, { exports: { y: sh`echo yes` } }),
      ];
      const result = await runLocal(box, [play('p', ['h'], tasks)], { shell, check: true, diff: true });
      expect(existsSync(file)).toBe(false);
      expect(ofType(result.events, 'task-end').map((e) => [e.status, e.diff])).toEqual([
        ['would-change', '+a line'],
        ['ok', undefined],
      ]);
      expect([...(result.exports.get('h') ?? [])]).toEqual([['y', 'yes']]);
    });

    it('hands exports on, and secrets over files that are gone afterwards', async () => {
      const box = sandbox();
      const copy = `${box.root}/copy`;
      const result = await runLocal(
        box,
        [
          play('one', ['h'], () => [
            task('plain', sh`true`, sh`true`, { exports: { b: sh`printf 'two\nlines\n\n'`, a: sh`echo ${'é "q"'}` } }),
            task('secret', sh`true`, sh`true`, {
              sensitive: true,
              exports: { token: sh`kw_secret test.token`.with(testSecret) },
            }),
          ]),
          play('two', ['h'], (host, exports) => {
            const token = exports.get(host)?.get('token') ?? '';
            return [
              task(
                'use',
                sh`[ "$(cat ${copy})" = ${token} ]`,
                sh`echo leak ${token}; printf %s ${token} > ${copy}; ls -l "$KW_DIR"/secrets`,
              ),
            ];
          }),
        ],
        { shell },
      );
      expect(result.exitCode).toBe(0);
      expect(result.exports.get('h')?.get('a')).toBe('é "q"');
      expect(result.exports.get('h')?.get('b')).toBe('two\nlines');
      expect(readFileSync(copy, 'utf8')).toBe(testSecret.reveal());
      const written = readdirSync(result.dir)
        .map((f) => readFileSync(`${result.dir}/${f}`, 'utf8'))
        .join('\n');
      for (const part of ["p4ss'w0rd", 'second-line', Buffer.from(testSecret.reveal()).toString('base64')]) {
        expect(JSON.stringify(result.events)).not.toContain(part);
        expect(written).not.toContain(part);
      }
      expect(written).toContain('-rw-------');
      const session = result.sessions.get('h');
      expect(session instanceof LocalSession && session.commands.every((c) => c === 'sh')).toBe(true);
    });

    it('says what the shell says about a program that it cannot read', async () => {
      const box = sandbox();
      const result = await runLocal(box, [play('p', ['h'], () => [task('x', sh`if`, sh`true`)])], { shell });
      expect(ofType(result.events, 'host-failed')[0]?.error).toMatch(/killed|syntax|unexpected/i);
      expect(result.exitCode).toBe(1);
    });
  });
});
