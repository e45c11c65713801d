import { describe, expect, it } from 'vitest';
import { hasColor } from '../../../src/base/text/color.js';
import { tableLines } from '../../../src/base/text/table.js';

const ROWS = [
  ['HOST', 'STATE', 'SIZE'],
  ['m1', 'healthy and well', '20 MB'],
  ['m2', '', '3 MB'],
];

describe('a table', () => {
  it('has aligned columns where there is room, or no terminal', () => {
    const wide = ['HOST  STATE             SIZE', 'm1    healthy and well  20 MB', 'm2                      3 MB'];
    expect(tableLines(ROWS)).toEqual(wide);
    expect(tableLines(ROWS, 29)).toEqual(wide);
  });

  it('becomes paragraphs where there is none, without empty cells', () => {
    expect(tableLines(ROWS, 20)).toEqual([
      'm1',
      '  STATE  healthy and',
      '         well',
      '  SIZE   20 MB',
      'm2',
      '  SIZE   3 MB',
    ]);
  });
});

describe('colours', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, false],
    [{ FORCE_COLOR: '' }, true, true],
  ])('with %j on a terminal %s: %s', (env, isTTY, expected) => {
    expect(hasColor({ isTTY }, env)).toBe(expected);
  });
});
