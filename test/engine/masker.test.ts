import { describe, expect, it } from 'vitest';
import { Masker } from '../../src/engine/masker.js';
import { Secret } from '../../src/shell/secret.js';

describe('Masker', () => {
  it('masks values, lines and base64, but not ordinary words', () => {
    const masker = new Masker();
    masker.add(new Secret('t', 'abc.def-123'));
    masker.add(new Secret('s', 'yes'));
    masker.add(new Secret('k', 'apiVersion: v1\nkind: Config\ntoken: hunter2hunter2\n'));
    expect(masker.mask('--token abc.def-123!')).toBe('--token ***!');
    expect(masker.mask(Buffer.from('abc.def-123').toString('base64'))).toBe('***');
    expect(masker.mask('yes, kind: Config')).toBe('yes, kind: Config');
    expect(masker.mask('  token: hunter2hunter2')).toBe('  ***');
  });
});
