import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, silentHost } from '../../../src/transport/session/ask.js';
import { createTransport } from '../../../src/transport/transport.js';
import type { Session } from '../../../src/transport/types.js';
import { keygen, missingForSsh, Sshd, type TestUser, testTarget } from '../../support/fleet/sshd.js';

const reason = missingForSsh();
const where = (shell: string): string => spawnSync('sh', ['-c', `command -v ${shell}`], { encoding: 'utf8' }).stdout.trim();

/** The start-up file that a login shell reads for a command; sh has none, but sshd runs ~/.ssh/rc for everybody. */
const SHELLS = {
  bash: '.bashrc',
  dash: '.ssh/rc',
  zsh: '.zshenv',
  fish: '.config/fish/config.fish',
  csh: '.cshrc',
  busybox: '.ssh/rc',
} as const;

const PROGRAM = 'printf "one\\ttwo\\n"; echo "  three  four"; echo err >&2; printf "last"; exit 7\n';
const RIGHT = { kind: 'answered', status: 7, lines: ['one\ttwo', '  three  four', 'last'] };

describe.skipIf(reason).each(Object.keys(SHELLS) as (keyof typeof SHELLS)[])(
  `what %s prints before a program${reason ? ` (${reason})` : ''}`,
  { timeout: 240_000 },
  (shell) => {
    const lacking = reason ?? (where(shell) === '' ? `needs ${shell}` : undefined);
    describe.skipIf(lacking)(lacking ? `(${lacking})` : 'is no answer', () => {
      const sshd = new Sshd();
      let user: TestUser;
      let session: Session;

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
        session = await createTransport().connect(
          testTarget({
            port: sshd.port,
            user: user.name,
            privateKeyFile: join(sshd.dir, 'key'),
            hostKeys: { mode: 'strict', files: [join(sshd.dir, 'known')] },
          }),
        );
      });
      afterAll(async () => {
        await session?.close();
        await sshd.stop();
      });

      /** The noise lies in files, so that its bytes go through no shell's quoting. */
      function start(o: { out?: Uint8Array; err?: Uint8Array; end?: string }): void {
        const file = join(user.home, SHELLS[shell]);
        mkdirSync(join(file, '..'), { recursive: true });
        writeFileSync(join(sshd.dir, 'out'), o.out ?? '');
        writeFileSync(join(sshd.dir, 'err'), o.err ?? '');
        const cat = (name: string): string => `/bin/cat ${join(sshd.dir, name)}`;
        const err = shell === 'csh' ? `/bin/sh -c '${cat('err')} >&2'` : `${cat('err')} >&2`;
        writeFileSync(file, `${cat('out')}\n${err}\n${o.end ?? ''}\n`);
        execFileSync('chown', ['-R', user.name, user.home]);
      }
      const answer = (): Promise<Answer> => ask(session, { program: [PROGRAM] });

      it('a megabyte, half lines, NULs and frames of our own form', async () => {
        for (const noise of [
          Buffer.alloc(1_000_000, 'x'),
          Buffer.alloc(1_000_000, 0),
          Buffer.from('\x1e\x1eabcdef end 0 0\n\x1e0123456789abcdef01234567 = x\n\x1e'),
          Buffer.from('key\tx\nno newline'),
        ]) {
          start({ out: noise, err: noise });
          expect(await answer()).toMatchObject(RIGHT);
        }
      });

      it('anything at all', async () => {
        const piece = fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc
            .constantFrom('\x1e', '\n', '\r\n', '\0', '\x1b]0;t\x07', 'key\tx\n', ' begin\n', ' end 0 0\n')
            .map((s) => Buffer.from(s)),
        );
        const noise = fc.array(piece, { maxLength: 8 }).map((parts) => Buffer.concat(parts.map((p) => Buffer.from(p))));
        await fc.assert(
          fc.asyncProperty(noise, noise, async (out, err) => {
            start({ out, err });
            const said = await answer();
            expect(said).toMatchObject(RIGHT);
            if (said.kind === 'answered') expect(said.said.stderr).toBe('err\n');
          }),
          { numRuns: Number(process.env.KUBEWRIGHT_FUZZ_RUNS ?? 15) },
        );
      });

      // The others go on behind an exit in their start-up files.
      it.skipIf(shell !== 'bash' && shell !== 'zsh')('an end in the middle is a failure that says so', async () => {
        start({ out: Buffer.from('bye\n'), end: 'exit 0' });
        const said = await answer();
        expect(said.kind).toBe('silent');
        if (said.kind === 'silent') {
          const { what, why } = silentHost(session.target, said).parts;
          expect(what).toBe(`The login shell of ${user.name} does not run what it is given`);
          expect(why).toBe('It ended with status 0 and said:\nbye');
        }
      });
    });
  },
);
