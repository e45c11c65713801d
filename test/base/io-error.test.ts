import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasCode, ioError, ioReason } from '../../src/base/io-error.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-io-'));
afterAll(() => rmSync(dir, { recursive: true }));

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('an error of the file system', () => {
  const missing = thrown(() => readFileSync(join(dir, 'none')));

  it('says why and what to do by its code', () => {
    expect(ioError('The inventory cannot be read', '/x', missing)).toEqual({
      what: 'The inventory cannot be read',
      where: { file: '/x', line: 0, column: 0 },
      why: 'It does not exist',
      fix: 'Check the path',
      cause: missing,
    });
    expect(ioReason(thrown(() => readFileSync(dir)))).toBe('It is a directory');
    writeFileSync(join(dir, 'file'), '');
    expect(ioReason(thrown(() => readFileSync(join(dir, 'file', 'below'))))).toBe('A part of the path is not a directory');
  });

  it("keeps the caller's advice", () => {
    expect(ioError('x', '/x', missing, 'Choose another directory with -o').fix).toBe('Choose another directory with -o');
  });

  it('keeps the message of an error that it does not know', () => {
    expect(ioError('x', '/x', new Error('odd'))).toMatchObject({ why: 'odd', fix: undefined });
    expect(ioReason('odd')).toBe('odd');
  });

  it('is told by its code', () => {
    expect(hasCode(missing, 'ENOTDIR', 'ENOENT')).toBe(true);
    expect(hasCode(missing, 'EACCES')).toBe(false);
    expect(hasCode(new Error('ENOENT'), 'ENOENT')).toBe(false);
  });
});
