import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Header, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { openBundle, verifyBundle } from '../../src/artifacts/bundle.js';
import { InputError } from '../../src/base/errors.js';
import { KUBEADM, sampleBundle, scratch } from '../support/bundle.js';

async function tarWith(header: Partial<Header> & { name: string }, content = ''): Promise<string> {
  const file = join(await scratch(), 'b.tar');
  const tar = pack();
  if (header.type && header.type !== 'file') tar.entry(header);
  else tar.entry(header, content);
  tar.finalize();
  await pipeline(tar, createWriteStream(file));
  return file;
}

describe('openBundle', () => {
  it('opens a directory', async () => {
    const dir = await sampleBundle();
    const bundle = await openBundle(dir);
    const kubeadm = bundle.findFile('kubeadm');
    expect(kubeadm && bundle.pathOf(kubeadm)).toBe(join(dir, 'files/kubeadm'));
    expect(bundle.findFile('kubeadm', '1.20.2')).toBe(kubeadm);
    expect(bundle.findFile('kubeadm', '1.21.0')).toBeUndefined();
    expect(bundle.findFile('etcd')).toBeUndefined();
    expect(bundle.images.map((i) => i.ref)).toEqual(['k8s.gcr.io/pause:3.2']);
    await bundle.close();
    await access(join(dir, 'index.json'));
  });

  it.each([
    ['a tar of its contents', '-cf', ['.']],
    ['a gzipped tar', '-czf', ['.']],
    ['a tar with the folder at its top', '-cf', undefined],
  ] as const)('opens %s and removes what it unpacked', async (_, flag, what) => {
    const dir = await sampleBundle();
    const file = join(await scratch(), 'b.tar');
    const [from, names] = what ? [dir, what] : [join(dir, '..'), [dir.replace(/.*\//, '')]];
    execFileSync('tar', ['-C', from, flag, file, ...names]);
    const cacheDir = await scratch();
    const bundle = await openBundle(file, { cacheDir });
    const kubeadm = bundle.findFile('kubeadm');
    expect(kubeadm && (await readFile(bundle.pathOf(kubeadm), 'utf8'))).toBe(KUBEADM);
    expect(await verifyBundle(bundle)).toEqual([]);
    await bundle.close();
    await bundle.close();
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it.each([
    ['a path above', { name: '../evil' }],
    ['a path above, further in', { name: 'files/../../evil' }],
    ['an absolute path', { name: '/tmp/kw-evil' }],
    ['a symbolic link', { name: 'files', type: 'symlink', linkname: '/etc' }],
    ['a hard link', { name: 'files', type: 'link', linkname: '/etc/passwd' }],
    ['a device', { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }],
  ] as const)('refuses a tar with %s and leaves nothing behind', async (_, header) => {
    const file = await tarWith(header);
    const cacheDir = await scratch();
    const opening = openBundle(file, { cacheDir });
    await expect(opening).rejects.toBeInstanceOf(InputError);
    await expect(opening).rejects.toThrow(JSON.stringify(header.name));
    expect(await readdir(cacheDir)).toEqual([]);
    await expect(access(join(cacheDir, '..', 'evil'))).rejects.toThrow();
  });

  it('says so when the file is not a tar, is cut off, holds no index, or is not there', async () => {
    const dir = await scratch();
    const file = join(dir, 'b.tar');
    await writeFile(file, 'x'.repeat(2000));
    await expect(openBundle(file)).rejects.toThrow('cannot be unpacked');
    await writeFile(file, '');
    await expect(openBundle(file)).rejects.toThrow('cannot be unpacked');
    await writeFile(file, (await readFile(await tarWith({ name: 'index.json' }, 'x'.repeat(5000)))).subarray(0, 2000));
    await expect(openBundle(file)).rejects.toThrow('cannot be unpacked');
    await expect(openBundle(await tarWith({ name: 'x' }, 'x'))).rejects.toBeInstanceOf(InputError);
    await expect(openBundle(join(dir, 'none'))).rejects.toThrow('There is no bundle');
  });
});

describe('verifyBundle', () => {
  it('finds what is missing, cut off or changed', async () => {
    const dir = await sampleBundle();
    const bundle = await openBundle(dir);
    const seen: number[] = [];
    expect(await verifyBundle(bundle, { onProgress: (p) => seen.push(p.done) })).toEqual([]);
    expect(seen).toEqual([KUBEADM.length, KUBEADM.length + 5]);
    await writeFile(join(dir, 'images/pause.tar'), 'Pause');
    await writeFile(join(dir, 'files/kubeadm'), 'short');
    const problems = await verifyBundle(bundle);
    expect(problems.map((p) => p.path)).toEqual(['files/kubeadm', 'images/pause.tar']);
    expect(problems[0]?.what).toBe(`has 5 bytes instead of ${KUBEADM.length}`);
    expect(problems[1]?.what).toMatch(/^has SHA-256 /);
    await rm(join(dir, 'files/kubeadm'));
    expect((await verifyBundle(bundle))[0]?.what).toBe('is missing');
  });
});
