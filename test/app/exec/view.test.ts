import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { plainView } from '../../../src/app/exec/view.js';

function view(hosts: string[]) {
  const [stdout, stderr] = [new PassThrough({ highWaterMark: 64e6 }), new PassThrough()];
  return {
    v: plainView(hosts, { stdout, stderr }),
    out: () => String(stdout.read() ?? ''),
    err: () => String(stderr.read() ?? ''),
  };
}

describe('the output of exec', () => {
  it('joins lines from pieces, even within a character, and prints a last line without a newline', () => {
    const { v, out, err } = view(['n1', 'n100']);
    const word = Buffer.from('größe\nzwei');
    for (const byte of word) v.output('n1', 'stdout', Buffer.from([byte]));
    v.output('n100', 'stderr', Buffer.from('\n\nthree\n'));
    // Half a character is still printed.
    v.output('n1', 'stdout', Buffer.from([0x20, 0xc3]));
    v.finished({ host: 'n1', ms: 1, code: 0 });
    expect(out()).toBe('n1   | größe\nn1   | zwei \ufffd\n');
    expect(err()).toBe('n100 | \nn100 | \nn100 | three\n');
  });

  it('joins the pieces of a long line once, and prints one that never ends in pieces', () => {
    const { v, out } = view(['n1']);
    const piece = Buffer.alloc(1024, 'x');
    // Joining at each of its 16,384 pieces would copy 128 GB.
    for (let i = 0; i < 16 * 1024; i++) v.output('n1', 'stdout', piece);
    v.finished({ host: 'n1', ms: 1, code: 0 });
    const lines = out().trimEnd().split('\n');
    expect(lines.map((l) => l.length)).toEqual([8 * 1024 * 1024 + 5, 8 * 1024 * 1024 + 5]);
  });

  it('asks for one pause while its reader is behind, and no longer', async () => {
    let go: () => void = () => undefined;
    const slow = new Writable({ highWaterMark: 10, write: (_c, _e, done) => (go = done) });
    const v = plainView(['n1'], { stdout: slow, stderr: new PassThrough() });
    expect(v.hold?.()).toBeUndefined();
    v.output('n1', 'stdout', Buffer.from('more than ten bytes\n'));
    v.output('n1', 'stdout', Buffer.from('and more\n'));
    const hold = v.hold?.();
    expect(hold).toBeInstanceOf(Promise);
    expect(slow.listenerCount('drain')).toBe(1);
    go();
    go();
    await hold;
    expect(v.hold?.()).toBeUndefined();
    expect(slow.listenerCount('drain')).toBe(0);
    v.output('n1', 'stdout', Buffer.from('more than ten bytes\n'));
    const broken = v.hold?.();
    slow.destroy();
    await broken;
  });
});
