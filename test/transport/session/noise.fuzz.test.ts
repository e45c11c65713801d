import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPlays } from '../../../src/engine/plays/run-plays.js';
import { sh } from '../../../src/shell/shell.js';
import { TransportError } from '../../../src/transport/errors.js';
import { ask } from '../../../src/transport/session/ask.js';
import { runCommand, runShell } from '../../../src/transport/session/run.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { Exit, Session } from '../../../src/transport/types.js';
import { keygen, missingForSsh, Sshd, type TestUser, testTarget } from '../../support/fleet/sshd.js';
import { play, task, touchTask } from '../../support/local.js';
import { FUZZ_RUNS, fuzzOptions } from '../../support/random/fuzz.js';

/** The start-up file that a login shell reads for a command; sh has none, but sshd runs ~/.ssh/rc for everybody. */
const SHELLS = {
  bash: '.bashrc',
  dash: '.ssh/rc',
  zsh: '.zshenv',
  fish: '.config/fish/config.fish',
  csh: '.cshrc',
  tcsh: '.tcshrc',
  busybox: '.ssh/rc',
} as const;
const NAMES = Object.keys(SHELLS) as (keyof typeof SHELLS)[];
const where = (shell: string): string => spawnSync('sh', ['-c', `command -v ${shell}`], { encoding: 'utf8' }).stdout.trim();

const words = fc
  .constantFrom(
    '\x1e',
    '\x1e\x1e',
    '\n',
    '\r\n',
    '\r',
    '\0',
    '\x1b]0;title\x07',
    '\x1b[?1049h\x1b[2J\x1b(B\x1b[m',
    'key\tx\n',
    ' begin\n',
    ' end 0 0\n',
    '\x1e0123456789abcdef01234567 hello\n',
    '\x1e0123456789abcdef01234567 = x\n\x1e0123456789abcdef01234567 end 0 1\n',
    'kw-begin-0123456789abcdef01234567\n',
    'kw-ready-0123456789abcdef01234567 1\n',
    'Password: ',
    '[sudo] password for kw: ',
    'half a line',
    'main() {\n',
    "'",
    '"',
    'exit 1\n',
    '\xff\xfe',
  )
  .map((s) => Buffer.from(s, 'latin1'));
const huge = fc
  .tuple(
    fc.constantFrom('x', '\0', '\n', '\x1e', 'ä', '\x1e0123456789abcdef01234567 = x\n'),
    fc.integer({ min: 200_000, max: 1_000_000 }),
  )
  .map(([what, size]) => Buffer.alloc(size, what));
const noise = fc
  .oneof(
    { weight: 12, arbitrary: fc.array(fc.oneof(words, fc.uint8Array({ maxLength: 200 })), { maxLength: 8 }) },
    { weight: 1, arbitrary: fc.array(huge, { minLength: 1, maxLength: 1 }) },
  )
  .map((parts) => Buffer.concat(parts.map((p) => Buffer.from(p))));

/** Who reads what a host answers. */
const READERS = ['ask', 'program', 'command', 'play'] as const;
/** `beside`: printed by a process that the start-up file has left behind, while the answer comes. */
const MOMENTS = ['before', 'before', 'beside'] as const;

interface Tally {
  same: number;
  refused: number;
}

describe.each(NAMES)('noise of %s', { timeout: 30 * 60_000 }, (shell) => {
  const reason = missingForSsh() ?? (where(shell) === '' ? `needs ${shell}` : undefined);
  describe.skipIf(reason)(reason ? `(${reason})` : 'changes no answer', () => {
    const sshd = new Sshd();
    let user: TestUser;
    let session: Session;
    let plays = 0;

    beforeAll(async () => {
      await sshd.start(['PermitUserRC yes']);
      user = sshd.addUser();
      // Busybox is a shell by its name.
      const program = shell === 'busybox' ? join(sshd.dir, 'sh') : where(shell);
      if (shell === 'busybox') symlinkSync(where(shell), program);
      execFileSync('usermod', ['--shell', program, user.name]);
      keygen(join(sshd.dir, 'key'));
      sshd.authorize(user, readFileSync(join(sshd.dir, 'key.pub'), 'utf8'));
      writeFileSync(join(sshd.dir, 'known'), sshd.hostKeyLine());
      // Whoever is skipped by the file's own redirections: csh has no way to print to stderr.
      const print = `cat ${sshd.dir}/out; cat ${sshd.dir}/err >&2`;
      writeFileSync(join(sshd.dir, 'before'), `#!/bin/sh\n${print}\n`);
      writeFileSync(join(sshd.dir, 'beside'), `#!/bin/sh\n(${print}; sleep 0.01; ${print}) &\n`);
      for (const name of ['before', 'beside']) chmodSync(join(sshd.dir, name), 0o755);
      const file = join(user.home, SHELLS[shell]);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, `${sshd.dir}/now\n`);
      execFileSync('chown', ['-R', user.name, user.home]);
      symlinkSync('before', join(sshd.dir, 'now'));
      for (const name of ['out', 'err']) writeFileSync(join(sshd.dir, name), '');
      session = await createTransport().connect(
        testTarget({
          port: sshd.port,
          user: user.name,
          privateKeyFile: join(sshd.dir, 'key'),
          hostKeys: { mode: 'strict', files: [join(sshd.dir, 'known')] },
        }),
      );
    }, 120_000);
    afterAll(async () => {
      await session?.close();
      await sshd.stop();
    });

    /** What was read is right (`same`), or is an error that says so (`refused`); anything else fails. */
    async function read(reader: (typeof READERS)[number], before: Buffer | undefined): Promise<keyof Tally> {
      const got: Buffer[] = [];
      const onStdout = (chunk: Buffer): void => void got.push(chunk);
      const refused = (exit: Exit): boolean =>
        exit.kind === 'lost' && exit.cause instanceof TransportError && exit.cause.kind === 'shell';
      if (reader === 'ask') {
        const said = await ask(session, { program: ['printf "one\\ttwo\\n"; echo "  three  four"; printf "last"; exit 7\n'] });
        // Silence is an error that names the login shell.
        if (before === undefined && said.kind === 'silent') return 'refused';
        expect(said).toMatchObject({ kind: 'answered', status: 7, lines: ['one\ttwo', '  three  four', 'last'] });
      } else if (reader === 'program') {
        const exit = await runShell(session, { stdin: 'printf "a\\0b\\n\\n c"; exit 5\n', onStdout });
        if (refused(exit)) return 'refused';
        expect(exit).toEqual({ kind: 'exited', code: 5 });
        if (before !== undefined) expect(Buffer.concat(got).toString('latin1')).toBe('a\0b\n\n c');
      } else if (reader === 'command') {
        const exit = await runCommand(session, 'echo out; exit 3', { onStdout });
        if (refused(exit)) return 'refused';
        expect(exit).toEqual({ kind: 'exited', code: 3 });
        // As ssh does: the noise is passed on, and nothing but that.
        if (before !== undefined)
          expect(Buffer.concat([...got]).equals(Buffer.concat([before, Buffer.from('out\n')]))).toBe(true);
      } else await playIsRight();
      return 'same';
    }

    async function playIsRight(): Promise<void> {
      const journalDir = join(sshd.dir, 'journal');
      const result = await runPlays({
        title: 'noise',
        plays: [
          play('one', ['m1'], () => [
            touchTask(join(user.home, `run/made-${plays++}`), { exports: { name: sh`printf 'the value'` } }),
            task('b', sh`true`, sh`echo never`),
          ]),
        ],
        sessions: new Map([['m1', session]]),
        reconnect: () => Promise.reject(new Error('the connection is not lost')),
        artifacts: { localPath: () => undefined, push: () => Promise.reject(new Error('nothing is sent')) },
        runDir: join(user.home, 'run'),
        cacheDir: join(user.home, 'cache'),
        journalDir,
      });
      expect(result.recap).toMatchObject([{ host: 'm1', ok: 1, changed: 1, failed: 0, unreachable: false }]);
      expect(result.exports.get('m1')?.get('name')).toBe('the value');
    }

    it('whatever it is', async () => {
      mkdirSync(join(user.home, 'run'), { recursive: true });
      execFileSync('chown', ['-R', user.name, user.home]);
      const tally: Tally = { same: 0, refused: 0 };
      const runs = Math.max(2, Math.ceil(FUZZ_RUNS / NAMES.length));
      const seed = fc.readConfigureGlobal().seed ?? Date.now() % 2 ** 31;
      await fc.assert(
        fc.asyncProperty(
          noise,
          noise,
          fc.constantFrom(...MOMENTS),
          fc.constantFrom(...READERS),
          async (out, err, moment, reader) => {
            writeFileSync(join(sshd.dir, 'out'), out);
            writeFileSync(join(sshd.dir, 'err'), err);
            execFileSync('ln', ['-sfn', moment, join(sshd.dir, 'now')]);
            tally[await read(reader, moment === 'before' ? out : undefined)]++;
          },
        ),
        { ...fuzzOptions(runs), seed },
      );
      console.log(
        `noise of ${shell}: ${runs} runs, ${tally.same} the same, ${tally.refused} refused, ${runs - tally.same - tally.refused} wrong; seed ${seed}`,
      );
      expect(tally.same + tally.refused).toBe(runs);
    });
  });
});
