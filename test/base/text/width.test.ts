import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { columnsOf, cutTo, padTo, wrapTo } from '../../../src/base/text/width.js';

describe('text in the columns of a terminal', () => {
  it('is cut by columns, never within a character', () => {
    expect(cutTo('plain text', 10)).toBe('plain text');
    expect(cutTo('plain text', 6)).toBe('plain…');
    expect(cutTo('日本語日本語', 7)).toBe('日本語…');
    expect(cutTo('日本語日本語', 6)).toBe('日本…');
    expect(cutTo('👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 5)).toBe('👩‍👩‍👧‍👦👩‍👩‍👧‍👦…');
    expect(cutTo('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
    expect(cutTo('日本', 0)).toBe('');
    for (let n = 1; n < 14; n++) expect(columnsOf(cutTo('a日b本c語d日e', n))).toBeLessThanOrEqual(n);
  });

  it.each([
    'plain',
    'naïve',
    '日本語',
    'ｆｕｌｌ',
    '한국어',
    'e\u0301',
    '👩‍👩‍👧‍👦',
    '🇰🇷',
    '✓ ✗ ▸ ━╌ …',
    '\x1b[31mred\x1b[0m',
    '',
  ])('is as wide as another library says: %j', (text) => expect(columnsOf(text)).toBe(stringWidth(text)));

  it('is padded by columns', () => {
    expect(padTo('日本', 6)).toBe('日本  ');
    expect(padTo('日本語日本語', 6)).toBe('日本… ');
  });

  it('is wrapped between words, by columns, with the lines after the first indented', () => {
    expect(wrapTo('warning: the clock of this host is 3 s off', 20)).toEqual([
      'warning: the clock',
      '  of this host is 3',
      '  s off',
    ]);
    expect(wrapTo('日本語 日本語 日本語', 16)).toEqual(['日本語 日本語', '  日本語']);
    const long = `see ${'x'.repeat(50)} there`;
    expect(wrapTo(long, 24).every((line) => columnsOf(line) <= 24)).toBe(true);
    expect(wrapTo(long, 24).join('').replaceAll(' ', '')).toBe(long.replaceAll(' ', ''));
    expect(wrapTo('\x1b[31mred words\x1b[0m in colour', 14).map(columnsOf)).toEqual([12, 8]);
  });
});
