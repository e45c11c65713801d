import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isInside, parseBundleIndex, readBundleIndex, writeBundleIndex } from '../../src/artifacts/bundle-index.js';
import { InputError } from '../../src/base/errors.js';
import { wholeFile } from '../../src/base/place.js';
import { formatError } from '../../src/base/text/render-error.js';
import { sampleIndex, scratch } from '../support/bundle.js';

const changed = (change: Record<string, unknown>) => JSON.stringify({ ...sampleIndex(), ...change });

function errorOf(text: string): InputError {
  try {
    parseBundleIndex(text, '/b/index.json');
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('bundle index', () => {
  it('reads back what it wrote', async () => {
    const dir = await scratch();
    await writeBundleIndex(dir, sampleIndex());
    expect(await readBundleIndex(dir)).toEqual(sampleIndex());
    expect((await readFile(join(dir, 'index.json'), 'utf8')).endsWith('}\n')).toBe(true);
  });

  it('names the file when there is none, and when it is not JSON', async () => {
    const dir = await scratch();
    await expect(readBundleIndex(dir)).rejects.toMatchObject({
      exitCode: 2,
      parts: { where: wholeFile(join(dir, 'index.json')) },
    });
    await writeFile(join(dir, 'index.json'), '{');
    await expect(readBundleIndex(dir)).rejects.toThrow('not JSON');
  });

  it('names each wrong field', () => {
    const [file] = sampleIndex().files;
    const error = errorOf(changed({ kubeVersion: 'v1.20.2', files: [{ ...file, sha256: 'abc' }] }));
    const text = formatError(error);
    expect(text).toContain('/b/index.json');
    expect(text).toContain('kubeVersion: must begin with a digit');
    expect(text).toContain('files.0.sha256: must be 64');
    expect(text).toContain('hint:');
  });

  it.each(['/etc/passwd', '../x', 'files/../../x', 'a\\..\\b', ''])('refuses the path %j', (path) => {
    const [file] = sampleIndex().files;
    expect(formatError(errorOf(changed({ files: [{ ...file, path }] })))).toContain('files.0.path');
  });

  it('refuses a schema that it does not know', () => {
    expect(errorOf(changed({ schema: 2 })).parts.why).toContain('schema');
  });

  it('refuses to write what it would not read', async () => {
    const dir = await scratch();
    await expect(writeBundleIndex(dir, { ...sampleIndex(), arch: '' })).rejects.toBeInstanceOf(InputError);
  });

  it('takes dots in names for what they are', () => {
    expect(isInside('files/..hidden')).toBe(true);
    expect(isInside('./index.json')).toBe(true);
    expect(isInside('..')).toBe(false);
  });
});
