import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { imageId, writeDockerArchive, writeLayer } from '../../src/artifacts/docker-archive.js';
import { type TarEntry, writeTar } from '../../src/artifacts/tar.js';
import { entriesAbove, treeEntries } from '../../src/artifacts/tree.js';
import { readTar, scratch, sha } from '../support/bundle.js';

const ENTRIES: TarEntry[] = [
  { type: 'directory', path: 'bin', mode: 0o755 },
  { type: 'file', path: 'bin/tool', mode: 0o755, content: '#!/bin/sh\n' },
  { type: 'symlink', path: 'bin/sh', mode: 0o777, target: 'tool' },
];

describe('writeTar', () => {
  it('writes files, directories and links with their modes and no times', async () => {
    const file = join(await scratch(), 't.tar');
    const hash = await writeTar(file, ENTRIES);
    expect(hash).toBe(sha(await readFile(file)));
    const read = await readTar(file);
    expect(read.map((e) => [e.name, e.type, e.mode, e.linkname, e.mtime])).toEqual([
      ['bin/', 'directory', 0o755, '', 0],
      ['bin/tool', 'file', 0o755, '', 0],
      ['bin/sh', 'symlink', 0o777, 'tool', 0],
    ]);
    expect(read[1]?.content.toString()).toBe('#!/bin/sh\n');
  });

  it('fails, and does not hang, when a source is missing', async () => {
    const dir = await scratch();
    const entries: TarEntry[] = [{ type: 'file', path: 'x', mode: 0o644, source: join(dir, 'none') }];
    await expect(writeTar(join(dir, 't.tar'), entries)).rejects.toThrow('ENOENT');
  });
});

describe('writeDockerArchive', () => {
  it('has the structure that docker load and ctr import read', async () => {
    const dir = await scratch();
    const layer = await writeLayer(join(dir, 'layer.gz'), ENTRIES);
    const file = join(dir, 'image.tar');
    const image = { ref: 'example.test/tool:1.0', arch: 'amd64', config: { Cmd: ['/bin/tool'] }, layers: [layer] };
    await writeDockerArchive(file, [image]);

    const entries = new Map((await readTar(file)).map((e) => [e.name, e.content]));
    const manifest = JSON.parse(String(entries.get('manifest.json')));
    expect(manifest).toEqual([
      {
        Config: expect.stringMatching(/^[0-9a-f]{64}\.json$/),
        RepoTags: ['example.test/tool:1.0'],
        Layers: [`${layer.diffId}/layer.tar`],
      },
    ]);
    const config = entries.get(manifest[0].Config) ?? Buffer.alloc(0);
    expect(manifest[0].Config).toBe(`${sha(config)}.json`);
    expect(imageId(image)).toBe(`sha256:${sha(config)}`);
    expect(JSON.parse(String(config))).toMatchObject({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/bin/tool'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layer.diffId}`] },
    });
    const stored = entries.get(`${layer.diffId}/layer.tar`) ?? Buffer.alloc(0);
    expect(sha(gunzipSync(stored))).toBe(layer.diffId);
  });

  it('gives the same bytes for the same input', async () => {
    const dir = await scratch();
    const build = async (name: string) => {
      const layer = await writeLayer(join(dir, `${name}.gz`), ENTRIES);
      await writeDockerArchive(join(dir, name), [{ ref: 'a/b:1', arch: 'amd64', config: {}, layers: [layer] }]);
      return sha(await readFile(join(dir, name)));
    };
    expect(await build('one')).toBe(await build('two'));
  });

  it('stores a layer that several images share once', async () => {
    const dir = await scratch();
    const below = await writeLayer(join(dir, 'below.gz'), ENTRIES);
    const above = await writeLayer(join(dir, 'above.gz'), [{ type: 'file', path: 'x', mode: 0o644, content: 'x' }]);
    const file = join(dir, 'images.tar');
    await writeDockerArchive(file, [
      { ref: 'a/plain:1', arch: 'amd64', config: {}, layers: [below] },
      { ref: 'a/more:1', arch: 'amd64', config: {}, layers: [below, above] },
    ]);
    const entries = await readTar(file);
    const manifest = JSON.parse(String(entries.find((e) => e.name === 'manifest.json')?.content));
    expect(manifest.map((m: { RepoTags: string[]; Layers: string[] }) => [m.RepoTags, m.Layers])).toEqual([
      [['a/plain:1'], [`${below.diffId}/layer.tar`]],
      [['a/more:1'], [`${below.diffId}/layer.tar`, `${above.diffId}/layer.tar`]],
    ]);
    expect(entries.filter((e) => e.name.endsWith('/layer.tar')).map((e) => e.name)).toEqual([
      `${below.diffId}/layer.tar`,
      `${above.diffId}/layer.tar`,
    ]);
    expect(entries.filter((e) => /^[0-9a-f]{64}\.json$/.test(e.name))).toHaveLength(2);
  });
});

describe('layers from directories', () => {
  it('holds only what is new or differs from the layer below', async () => {
    const dir = await scratch();
    for (const root of ['lower', 'upper']) {
      await mkdir(join(dir, root, 'etc'), { recursive: true });
      await writeFile(join(dir, root, 'etc/same'), 'same');
      await writeFile(join(dir, root, 'etc/changed'), root);
      await symlink('same', join(dir, root, 'etc/link'));
    }
    await mkdir(join(dir, 'upper/bin'));
    await writeFile(join(dir, 'upper/bin/new'), 'new');
    await chmod(join(dir, 'upper/bin/new'), 0o755);
    await mkdir(join(dir, 'upper/doc'));
    const lower = await treeEntries(join(dir, 'lower'));
    const upper = await treeEntries(join(dir, 'upper'), (p) => p === 'doc');
    expect(lower.map((e) => e.path)).toEqual(['etc', 'etc/changed', 'etc/link', 'etc/same']);
    const above = await entriesAbove(lower, upper);
    expect(above.map((e) => [e.path, e.mode])).toEqual([
      ['bin', 0o755],
      ['bin/new', 0o755],
      ['etc/changed', 0o644],
    ]);
  });
});
