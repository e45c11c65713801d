import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameParser } from '../../../src/base/text/frames.js';

const NONCE = 'a1b2c3';

type Piece = { frame: string } | { output: Uint8Array };

const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({ frame: fc.stringMatching(/^[a-z0-9 =/+]{0,40}$/) }),
  fc.record({ output: fc.uint8Array({ maxLength: 30 }) }),
  // What comes close to a frame is the hard case.
  fc
    .constantFrom('\x1e', `\x1e${NONCE}`, '\x1ea1b2', `\x1e${NONCE}x end\n`, `\x1e\x1e${NONCE.slice(0, 5)}`)
    .map((t) => ({ output: Buffer.from(t, 'latin1') })),
);

function run(bytes: Buffer, cuts: readonly number[]): { frames: string[]; output: Buffer } {
  const parser = new FrameParser(NONCE);
  const frames: string[] = [];
  const output: Buffer[] = [];
  const points = [...new Set(cuts.map((c) => c % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...points, bytes.length]) {
    for (const item of parser.feed(bytes.subarray(from, to))) {
      if (item.kind === 'frame') frames.push(item.fields.join(' '));
      else output.push(item.data);
    }
    from = to;
  }
  output.push(...parser.end().map((i) => i.data));
  return { frames, output: Buffer.concat(output) };
}

describe('the frame parser', () => {
  it('finds every frame and every byte between, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 20 }), (pieces, cuts) => {
        const bytes = Buffer.concat(
          pieces.map((p) => ('frame' in p ? Buffer.from(`\x1e${NONCE} ${p.frame}\n`, 'latin1') : Buffer.from(p.output))),
        );
        const whole = run(bytes, []);
        const cut = run(bytes, cuts);
        expect(cut.frames).toEqual(whole.frames);
        expect(cut.output.equals(whole.output)).toBe(true);
        const rest = bytes.length - whole.output.length;
        expect(rest).toBe(whole.frames.reduce((n, f) => n + f.length + NONCE.length + 3, 0));
        const sent = pieces.flatMap((p) => ('frame' in p ? [p.frame] : []));
        for (const frame of sent) expect(whole.frames.some((f) => f.endsWith(frame))).toBe(true);
      }),
    );
  });

  it('takes a frame of another nonce for output', () => {
    const { frames, output } = run(
      Buffer.from(`\x1eother end 1 ok 0 0\ntext\x1e${NONCE} end 1 failed 1 0\n`, 'latin1'),
      [3, 9, 22],
    );
    expect(frames).toEqual(['end 1 failed 1 0']);
    expect(output.toString('latin1')).toBe('\x1eother end 1 ok 0 0\ntext');
  });
});
