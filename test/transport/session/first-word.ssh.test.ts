import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tryBecome } from '../../../src/transport/connect-all.js';
import { TransportError } from '../../../src/transport/errors.js';
import { ask } from '../../../src/transport/session/ask.js';
import { runCommand, runShell } from '../../../src/transport/session/run.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { Exit, Session, Target } from '../../../src/transport/types.js';
import { keygen, missingForSsh, Sshd, type TestUser, testTarget } from '../../support/fleet/sshd.js';

const reason = missingForSsh();
/** What a login shell may do in place of what it is given. */
const HANGS = { hangs: 'sleep 600', 'prints for ever': 'while :; do echo noise; done' };
/** Soon, as no answer comes. */
const SOON_MS = 300;
const LIMIT = 'It did not begin within 0.9 s';

describe.skipIf(reason)(`the first word of a host${reason ? ` (${reason})` : ''}`, { timeout: 60_000 }, () => {
  const sshd = new Sshd();
  let user: TestUser;
  const sessions: Session[] = [];

  beforeAll(async () => {
    await sshd.start();
    user = sshd.addUser();
    execFileSync('usermod', ['--shell', '/bin/bash', user.name]);
    keygen(join(sshd.dir, 'key'));
    sshd.authorize(user, readFileSync(join(sshd.dir, 'key.pub'), 'utf8'));
    writeFileSync(join(sshd.dir, 'known'), sshd.hostKeyLine());
  });
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((s) => s.close()));
    rmSync(join(user.home, '.bashrc'), { force: true });
  });
  afterAll(() => sshd.stop());

  const start = (text: string): void => writeFileSync(join(user.home, '.bashrc'), `${text}\n`);
  /** @param limit of the first word only: connecting has its time on a busy box. */
  async function session(limitMs?: number, over: Partial<Target> = {}): Promise<Session> {
    const target = testTarget({
      port: sshd.port,
      user: user.name,
      privateKeyFile: join(sshd.dir, 'key'),
      hostKeys: { mode: 'strict', files: [join(sshd.dir, 'known')] },
      ...over,
    });
    const made = await createTransport().connect(target);
    if (limitMs !== undefined) Object.assign(made.target, { timeoutMs: limitMs });
    sessions.push(made);
    return made;
  }
  function error(of: Exit | { kind: string; cause?: Error }): TransportError['parts'] & { kind: string } {
    const cause = 'cause' in of ? of.cause : undefined;
    if (!(cause instanceof TransportError)) throw new Error(`no TransportError: ${JSON.stringify(of)}`);
    return { ...cause.parts, kind: cause.kind };
  }
  const silent = (why: string | RegExp): object => ({
    kind: 'shell',
    what: `The login shell of ${user.name} does not run what it is given`,
    where: 'm1',
    why: typeof why === 'string' ? why : expect.stringMatching(why),
    fix: expect.stringMatching(/\.bashrc.*--connect-timeout/),
  });

  it.each(Object.entries(HANGS))('of a login shell that %s has a limit, for programs and for commands', async (how, text) => {
    start(`echo hi\n${text}`);
    const s = await session(SOON_MS);
    const why = how === 'prints for ever' ? new RegExp(`^${LIMIT} and said:\nnoise\n`) : `${LIMIT} and said:\nhi`;
    expect(error(await ask(s, { program: ['echo x\n'] }))).toEqual(silent(why));
    expect(error(await runShell(s, { stdin: 'echo x\n' }))).toEqual(silent(why));
    expect(error(await runCommand(s, 'true', {}))).toEqual(silent(why));
  });

  it('does not limit what begins in time, and leaves its output as it is', async () => {
    start("printf 'a title'; echo to stderr >&2");
    const s = await session();
    let out = '';
    let err = '';
    const streams = { onStdout: (c: Buffer) => (out += c), onStderr: (c: Buffer) => (err += c) };
    expect(await runCommand(s, 'echo out; echo err >&2; exit 3', streams)).toEqual({ kind: 'exited', code: 3 });
    expect([out, err]).toEqual(['a titleout\n', 'to stderr\nerr\n']);
    out = err = '';
    expect(await runShell(s, { stdin: 'echo out; echo err >&2; exit 3\n', ...streams })).toEqual({ kind: 'exited', code: 3 });
    expect([out, err]).toEqual(['out\n', 'err\n']);
    start('read answer; read again; echo "got <$answer>"');
    const asked = await ask(s, { program: ['echo x; exit 5\n'] });
    expect(asked).toMatchObject({ kind: 'answered', status: 5, lines: ['x'] });
    // Longer than the limit.
    Object.assign(s.target, { timeoutMs: SOON_MS });
    const { signal } = new AbortController();
    start('');
    expect(await runCommand(s, 'sleep 2', { signal })).toEqual({ kind: 'exited', code: 0 });
    expect(await runShell(s, { stdin: 'sleep 2; exit 4\n' })).toEqual({ kind: 'exited', code: 4 });
  });

  it('is missed where a command ends well without having run', async () => {
    start('echo bye; exit 0');
    const s = await session();
    expect(error(await runCommand(s, 'true', {}))).toEqual(silent('It ended with status 0 and said:\nbye'));
    start('exit 7');
    expect(await runCommand(s, 'true', {})).toEqual({ kind: 'exited', code: 7 });
  });

  it.each(['sudo', 'su'] as const)('counts before %s as well', async (method) => {
    start('sleep 600');
    const s = await session(SOON_MS, { become: { enabled: true, user: 'root', method } });
    const refusal = await tryBecome(s);
    expect(error({ kind: 'lost', cause: refusal })).toEqual(silent(/^It did not begin within 0\.9 s/));
  });

  it.each(['sudo', 'su', 'doas'] as const)('of %s that neither asks nor answers has a limit, too', async (method) => {
    const exe = join(sshd.dir, `slow-${method}`);
    writeFileSync(exe, '#!/bin/sh\necho looking for a directory of accounts >&2\nsleep 600\n');
    chmodSync(exe, 0o755);
    const s = await session(SOON_MS, { become: { enabled: true, user: 'root', method, exe } });
    const refusal = await tryBecome(s);
    expect(error({ kind: 'lost', cause: refusal })).toMatchObject({
      kind: 'sudo',
      what: `${method} does not let ${user.name} become root in time`,
      why: 'There was no answer within 0.9 s. It said:\nlooking for a directory of accounts',
    });
  });

  it('is no longer waited for when the signal is aborted', async () => {
    const here = join(sshd.dir, 'here');
    start(`: > ${here}; sleep 600`);
    chmodSync(sshd.dir, 0o777);
    const s = await session(600_000, { become: { enabled: true, user: 'root', method: 'su' } });
    for (const run of [
      (signal: AbortSignal) => runShell(s, { stdin: 'true\n', signal }),
      (signal: AbortSignal) => runCommand(s, 'true', { signal }),
      (signal: AbortSignal) => runShell(s, { become: true, stdin: 'true\n', signal }),
    ]) {
      rmSync(here, { force: true });
      const stop = new AbortController();
      const exit = run(stop.signal);
      while (!existsSync(here)) await new Promise((r) => setTimeout(r, 20));
      stop.abort();
      expect(error(await exit)).toMatchObject({ kind: 'lost', what: 'Interrupted' });
    }
  });

  it('is not waited for behind channels that are all taken', async () => {
    start('sleep 600');
    const s = await session(600_000);
    const all = new AbortController();
    const hanging = Array.from({ length: 8 }, () => runCommand(s, 'true', { signal: all.signal }));
    const stop = new AbortController();
    const next = runCommand(s, 'true', { signal: stop.signal });
    stop.abort();
    expect(error(await next)).toMatchObject({ kind: 'lost', what: 'Interrupted' });
    all.abort();
    await Promise.all(hanging);
  });
});
