import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Connection } from '../../../src/engine/connections/connection.js';
import { ownController } from '../../../src/engine/journal/controller.js';
import { Keeper } from '../../../src/engine/locks/keeper.js';
import type { Exit, Session, Target } from '../../../src/transport/types.js';

const NONCE = 'abc123';

/** A machine that gives the lock at once, and ends the channel in the same breath as it says `released`. */
function session(): Session {
  return {
    target: {} as Target,
    close: async () => undefined,
    exec: (_command, o) =>
      new Promise<Exit>((resolve) => {
        const say = (text: string, nonce = NONCE): void => o?.onStdout?.(Buffer.from(`\x1e${nonce} ${text}\n`));
        if (!(o?.stdin instanceof Readable)) return;
        o.stdin.on('data', (chunk: Buffer) => {
          const [, hello] = /printf '\\036%s hello\\n' ([0-9a-f]+);/.exec(chunk.toString()) ?? [];
          if (hello) {
            say('hello', hello);
            say('lock taken 0 boot');
          }
          if (!chunk.toString().endsWith('release\n')) return;
          say('released');
          resolve({ kind: 'exited', code: 0 });
        });
      }),
  };
}

describe('the keeper of a lock', () => {
  it('takes the end of its channel for what it asked for when it gives the lock back', async () => {
    const lost: string[] = [];
    const sessions = new Map([['a', session()]]);
    const connection = new Connection(
      'a',
      sessions,
      { connect: async () => session() },
      { lost: (error) => lost.push(error), back: () => undefined },
    );
    const keeper = new Keeper({
      connection,
      runDir: '/run/kw',
      nonce: NONCE,
      info: { ...ownController(), run: 'r', since: '' },
      onLost: () => lost.push('lost'),
      onRestart: () => lost.push('restart'),
    });
    expect(await keeper.take()).toMatchObject({ verdict: 'taken' });
    await keeper.release(1000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lost).toEqual([]);
  });
});
