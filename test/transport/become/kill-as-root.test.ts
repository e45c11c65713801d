import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { killAsRoot, killScript } from '../../../src/transport/become/kill-as-root.js';
import type { Exit } from '../../../src/transport/types.js';

const SHELLS = [['dash'], ['bash'], ['busybox', 'sh']] as const;

describe('ending what another user runs', () => {
  for (const [shell, ...args] of SHELLS) {
    const missing = spawnSync('sh', ['-c', `command -v ${shell}`]).status !== 0;
    it.skipIf(missing)(
      `by ${[shell, ...args].join(' ')}: the whole group, and no other${missing ? ' (not here)' : ''}`,
      async () => {
        // The first line says that the group's child is there.
        const child = spawn('sh', ['-c', 'sleep 4331 & echo $!; wait; echo survived'], { detached: true });
        const bystander = spawn('sleep', ['4332'], { detached: true });
        const gone = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
        await new Promise((resolve) => child.stdout.once('data', resolve));
        try {
          const done = spawnSync(shell, [...args, '-c', killScript(child.pid ?? 0)], { encoding: 'utf8' });
          expect(done).toMatchObject({ status: 0, stdout: '', stderr: '' });
          // stdout closes once the grandchild is gone, too.
          expect(await gone).toBe('SIGTERM');
          expect(bystander.exitCode ?? bystander.signalCode).toBe(null);
          // Nothing left to end is no failure.
          expect(spawnSync(shell, [...args, '-c', killScript(child.pid ?? 0)]).status).toBe(0);
        } finally {
          bystander.kill('SIGKILL');
          if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
        }
      },
    );
  }

  it('says why it could not', async () => {
    const reason = (exit: Exit) => killAsRoot(1, async () => exit);
    expect(await reason({ kind: 'exited', code: 0 })).toBeUndefined();
    expect(await reason({ kind: 'exited', code: 1 })).toBe('it could not be signalled');
    expect(await reason({ kind: 'lost', cause: new Error('gone') })).toBe('gone');
  });
});
