import { afterEach, describe, expect, it, vi } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { isRoot, requireRoot } from '../../src/base/root.js';

afterEach(() => vi.restoreAllMocks());

describe('root', () => {
  it('is user 0', () => {
    vi.spyOn(process as { getuid(): number }, 'getuid').mockReturnValue(0);
    expect(isRoot()).toBe(true);
    requireRoot('This', 'It mounts');
  });

  it('is required with a reason', () => {
    vi.spyOn(process as { getuid(): number }, 'getuid').mockReturnValue(1000);
    expect(isRoot()).toBe(false);
    const refused = () => requireRoot('lab up', 'It mounts');
    expect(refused).toThrow(InputError);
    expect(refused).toThrow('lab up needs root');
  });
});
