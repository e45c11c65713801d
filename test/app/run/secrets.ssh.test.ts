import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runsReport } from '../../../src/app/runs/report.js';
import { runsList, runsShow } from '../../../src/app/runs/runs.js';
import { runPlays } from '../../../src/engine/plays/run-plays.js';
import type { PlannedPlay, RunResult } from '../../../src/engine/types.js';
import { Secret } from '../../../src/shell/secret.js';
import { rawShell, sh } from '../../../src/shell/shell.js';
import { file } from '../../../src/tasks/file.js';
import type { Task } from '../../../src/tasks/task.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { Session, Target } from '../../../src/transport/types.js';
import { createView } from '../../../src/ui/run/create-view.js';
import type { View } from '../../../src/ui/run/view.js';
import { missingForSudo, Sshd, type TestUser } from '../../support/fleet/sshd.js';
import { ProcWatch, type Watched } from '../../support/proc-watch.js';

const reason = missingForSudo();
const random = (): string => randomBytes(9).toString('base64url');
const key = (): string =>
  `-----BEGIN PRIVATE KEY-----\n${randomBytes(150).toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----`;

/** Everything that must not be shown. */
const secrets = {
  /** Of a task, used in its shell text. */
  token: `tok'en "q" $(id) & ${random()}`,
  fileContent: `password = "${random()}"\nother_line = ${random()}`,
  /** Made on the host, exported by a sensitive task. */
  exported: `exported/${random()}+=`,
  exportedKey: key(),
};
/** Not a secret: proves that the watch sees something. */
const CANARY = `canary-${random()}`;

function tasks(host: string, exports: (name: string) => Secret | undefined): Task[] {
  const token = new Secret('task.token', secrets.token);
  const exported = exports('exported');
  const exportedKey = exports('key');
  const always = sh`false`;
  if (exported && exportedKey) {
    const show = (id: string, apply: ReturnType<typeof sh>): Task => ({
      ...{ id: `tell/${id}`, title: `Tell ${id} on ${host}`, hint: 'nothing to see' },
      check: sh`[ -e ${`/tmp/${CANARY}-${host}-${id}`} ]`,
      apply: sh`${apply}
        : > ${`/tmp/${CANARY}-${host}-${id}`}`,
    });
    return [
      show('raw', sh`echo token is ${token}, export is ${exported}`),
      show('lines', sh`printf '%s\\n' ${exportedKey}; printf 'key: %s' ${exportedKey}`),
      show(
        'base64',
        sh`printf %s ${token} | base64; printf '%s\\n' ${exported} | base64; printf 'user:%s' ${token} | base64 -w 0`,
      ),
      show('base64-lines', sh`printf %s ${exportedKey} | base64`),
      show('progress', sh`printf 'old\\r%s\\r\\033[31m%s\\033[0m\\n' ${token} ${token}`),
      show('trace', sh`set -x; : ${token} ${exported}`),
      {
        id: 'tell/fails',
        title: 'Fail with secrets',
        check: always,
        apply: sh`echo "cannot use" ${token}; echo >&2 bad export: ${exported}; exit 3`,
      },
    ];
  }
  return [{ id: 'make/canary', title: 'Be seen', check: always, apply: sh`sh -c 'sleep 1' ${CANARY} || :`, timeoutSec: 5 }];
}

describe.skipIf(reason)(`secrets of a run${reason ? ` (${reason})` : ''}`, () => {
  const sshd = new Sshd();
  const root = mkdtempSync(join(tmpdir(), 'kw-secrets-'));
  const journalDir = join(root, 'runs');
  const runDir = join(root, 'run');
  let user: TestUser;
  let rule = '';
  let session: Session | undefined;
  let result: RunResult;
  let seen: Watched;
  const shown: Record<string, string> = {};

  function view(kind: 'plain' | 'json' | 'terminal'): Promise<View> {
    const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 200, rows: 50 });
    shown[kind] = '';
    stdout.on('data', (d: Buffer) => {
      shown[kind] += d.toString();
    });
    return createView(kind, { stdout, stderr: stdout, verbosity: 2, color: false, term: 'xterm' });
  }

  function secretPlays(): PlannedPlay[] {
    const value = (exports: Parameters<PlannedPlay['tasks']>[1], name: string): Secret | undefined => {
      const found = exports.get('h1')?.get(name);
      return found instanceof Secret ? found : undefined;
    };
    const made: Task[] = [
      file({
        id: 'make/file',
        title: 'Write a secret file',
        path: join(root, 'secret.conf'),
        content: new Secret('file.content', secrets.fileContent),
      }),
      {
        id: 'make/export',
        title: 'Make secrets here',
        check: sh`[ -e ${join(root, 'exported')} ]`,
        // Made by the host: the program must not contain it, so it is read from a file.
        apply: rawShell(
          `cp '${root}/given' '${root}/exported'; cp '${root}/given.key' '${root}/exported.key'; cat '${root}/given' '${root}/given.key'`,
        ),
        exports: { exported: sh`cat ${join(root, 'exported')}`, key: sh`cat ${join(root, 'exported.key')}` },
        sensitive: true,
      },
      {
        id: 'make/sensitive-failure',
        title: 'Say a part of a secret, and fail',
        check: sh`[ -e ${join(root, 'never')} ]`,
        apply: sh`printf '%.12s' ${new Secret('task.token', secrets.token)}; [ -e ${join(root, 'again')} ] && : > ${join(root, 'never')}`,
        sensitive: true,
      },
    ];
    return [
      { name: 'make', tags: [], hosts: ['h1'], tasks: () => made.slice(0, 2) },
      {
        name: 'canary',
        tags: [],
        hosts: ['h1'],
        tasks: (h) =>
          tasks(h, () => undefined).map((t) => ({
            ...t,
            check: sh`[ -e ${join(root, 'canary')} ]`,
            apply: sh`${t.apply}
        : > ${join(root, 'canary')}`,
          })),
      },
      { name: 'tell', tags: [], hosts: ['h1'], tasks: (h, e) => tasks(h, (name) => value(e, name)) },
      { name: 'sensitive', tags: [], hosts: ['h2'], tasks: () => made.slice(2) },
    ];
  }

  beforeAll(async () => {
    mkdirSync(runDir, { mode: 0o700 });
    writeFileSync(join(root, 'given'), secrets.exported, { mode: 0o600 });
    writeFileSync(join(root, 'given.key'), secrets.exportedKey, { mode: 0o600 });
    await sshd.start();
    user = sshd.addUser();
    rule = `/etc/sudoers.d/kubewright-${user.name}`;
    writeFileSync(rule, `${user.name} ALL=(ALL) ALL\n`, { mode: 0o440 });
    const target = (name: string): Target => ({
      ...{ name, address: '127.0.0.1', port: sshd.port, user: user.name, connection: 'ssh' },
      privateKeyFile: '/nonexistent',
      password: new Secret('ssh-password', user.password),
      become: { enabled: true, user: 'root', method: 'sudo', password: new Secret('become-password', user.password) },
      hostKeys: { mode: 'accept-new', files: [join(root, 'known_hosts')] },
      timeoutMs: 10_000,
    });
    const watch = await ProcWatch.start([CANARY, ...everySecret()], /canary-[\w-]{12}/);
    const transport = createTransport();
    const sessions = new Map<string, Session>();
    for (const name of ['h1', 'h2']) sessions.set(name, await transport.connect(target(name)));
    session = sessions.get('h1');
    const views = await Promise.all([view('plain'), view('json'), view('terminal')]);
    result = await runPlays({
      title: 'secrets',
      plays: secretPlays(),
      sessions,
      reconnect: (name) => transport.connect(target(name)),
      artifacts: { localPath: () => undefined, push: () => Promise.reject(new Error('nothing to push')) },
      ...{ journalDir, runDir, cacheDir: join(root, 'cache'), diff: true },
      view: (e) => {
        for (const v of views) v.event(e);
      },
    });
    for (const v of views) await v.end();
    await Promise.all([...sessions.values()].map((s) => s.close()));
    seen = await watch.stop();

    const capture = (name: string, work: () => unknown): void => {
      shown[name] = '';
      const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
        shown[name] += String(chunk);
        return true;
      });
      work();
      spy.mockRestore();
    };
    capture('runs list', () => runsList({ journalDir, reverse: false, json: true }));
    capture('runs show', () => runsShow({ journalDir, run: 'latest', failed: false, json: false }));
    capture('runs show --json', () => runsShow({ journalDir, run: 'latest', failed: false, json: true }));
    capture('runs report', () => runsReport({ journalDir, run: 'latest', output: '-' }));
  }, 60_000);

  afterAll(async () => {
    await session?.close();
    rmSync(rule, { force: true });
    await sshd.stop();
    rmSync(root, { recursive: true, force: true });
    for (const name of readdirSync('/tmp')) if (name.startsWith(CANARY)) rmSync(join('/tmp', name));
  });

  /** Whole secrets and the lines of those that have several; each long enough not to be an ordinary word. */
  function everySecret(): string[] {
    const all = [user?.password, ...Object.values(secrets)].filter((s) => s !== undefined);
    const lines = all.flatMap((s) => s.split('\n')).filter((l) => l.length >= 12 && !l.startsWith('-----'));
    const encoded = all.flatMap((s) => [Buffer.from(s).toString('base64'), encodeURIComponent(s)]);
    // As in a program traced with set -x, and a part that survives any quoting.
    const tails = [secrets.token.slice(-12), ...lines.map((l) => l.slice(-14).replace(/"$/, ''))];
    return [...new Set([...all, ...lines, ...encoded, ...tails])];
  }

  function leaks(text: string): string[] {
    return everySecret().filter((s) => text.includes(s) || text.includes(JSON.stringify(s).slice(1, -1)));
  }

  it('ran as intended: tasks printed their secrets, one failed', () => {
    expect(result.recap).toMatchObject([
      { host: 'h1', changed: 9, failed: 1, ok: 0 },
      { host: 'h2', changed: 0, failed: 1 },
    ]);
    expect(shown.json).toContain('token is ***');
    expect(shown.json).toContain('cannot use ***');
    expect(readFileSync(join(root, 'secret.conf'), 'utf8').trim()).toBe(secrets.fileContent);
    expect(result.exports.get('h1')?.get('key')).toBeInstanceOf(Secret);
  });

  it('left none in the journal, and none in the logs of the hosts', () => {
    const files = readdirSync(result.dir);
    expect(files.sort()).toEqual(['events.jsonl', 'h1.log', 'h2.log']);
    for (const name of files)
      expect({ name, leaks: leaks(readFileSync(join(result.dir, name), 'utf8')) }).toEqual({ name, leaks: [] });
  });

  it('showed none in any view, list or report', () => {
    expect(Object.keys(shown)).toHaveLength(7);
    for (const [name, text] of Object.entries(shown)) {
      expect(text.length).toBeGreaterThan(100);
      expect({ name, leaks: leaks(text) }).toEqual({ name, leaks: [] });
    }
  });

  it('shows nothing of the output of a sensitive task, not even a part of a secret', () => {
    const part = secrets.token.slice(0, 12);
    for (const text of Object.values(shown)) expect(text).not.toContain(part);
    expect(shown['runs show']).toContain('not shown');
  });

  it('put none in the arguments or the environment of any process', () => {
    expect(seen.rounds).toBeGreaterThan(10);
    const names = [CANARY, ...everySecret()];
    expect(seen.hits.some((h) => h.index === 0)).toBe(true);
    expect(seen.matches).toEqual([CANARY]);
    expect(seen.hits.filter((h) => h.index !== 0).map((h) => ({ secret: names[h.index], in: h.file }))).toEqual([]);
  });

  it('left none on the host: no program, no spool, no file of secrets', () => {
    const left: string[] = [];
    const walk = (dir: string): void => {
      for (const e of readdirSync(dir, { withFileTypes: true })) {
        const path = join(dir, e.name);
        if (e.isDirectory()) walk(path);
        else if (e.isFile() && leaks(readFileSync(path, 'utf8')).length > 0) left.push(path);
      }
    };
    if (existsSync(runDir)) walk(runDir);
    expect(left).toEqual([]);
  });
});
