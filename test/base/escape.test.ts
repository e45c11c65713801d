import { describe, expect, it } from 'vitest';
import { escapeAll, escapeLine } from '../../src/base/escape.js';

describe('escaped text', () => {
  it('shows control characters and bidirectional controls', () => {
    expect(escapeLine('a\x1b]0;t\x07\tb\u202ec')).toBe('a\\x1b]0;t\\x07\tb\\u202ec');
    expect(escapeLine('10 %\r50 %\r100 %\r')).toBe('100 %');
  });

  it('keeps carriage returns visible in the content of files', () => {
    expect(escapeAll('one\r\ttwo\r')).toBe('one\\x0d\ttwo\\x0d');
  });
});
