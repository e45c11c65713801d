import { describe, expect, it } from 'vitest';
import { InputErrors, UnreachableErrors } from '../../src/base/errors.js';
import { document, errorDocument, wantsJson } from '../../src/cli/json-errors.js';

describe('an error for those who read JSON', () => {
  it('is wanted where --json is a flag of ours', () => {
    expect(wantsJson(['provision', '-i', 'x', '--json'])).toBe(true);
    expect(wantsJson(['exec', 'all', '--', 'tool', '--json'])).toBe(false);
    expect(wantsJson(['provision'])).toBe(false);
  });

  it('holds every error, its place and what to do', () => {
    const place = { file: 'a.ini', line: 3, column: 7 };
    expect(
      JSON.parse(
        errorDocument(
          new InputErrors([
            { what: 'One', where: place },
            { what: 'Two', why: 'so', fix: 'Do it' },
          ]),
        ),
      ),
    ).toEqual({
      type: 'error',
      exitCode: 2,
      errors: [
        { what: 'One', where: 'a.ini:3:7' },
        { what: 'Two', why: 'so', hint: 'Do it' },
      ],
    });
    const unreachable = new UnreachableErrors([{ host: 'm1', parts: { what: 'The host does not answer' } }], 1);
    expect(JSON.parse(errorDocument(unreachable))).toMatchObject({ exitCode: 3, errors: [{ where: 'm1' }] });
    expect(document([{ what: 'Unknown flag' }], 2)).toBe('{"type":"error","exitCode":2,"errors":[{"what":"Unknown flag"}]}');
  });
});
