import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { afterEach } from 'vitest';
import { type BundleIndex, writeBundleIndex } from '../../src/artifacts/bundle-index.js';

const made: string[] = [];

afterEach(async () => {
  for (const dir of made.splice(0)) await rm(dir, { recursive: true, force: true });
});

/** A folder that is gone after the test. */
export async function scratch(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'kw-artifacts-test-'));
  made.push(dir);
  return dir;
}

export const sha = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

export const KUBEADM = 'not really kubeadm';

export function sampleIndex(): BundleIndex {
  return {
    schema: 1,
    name: 'sample',
    kubeVersion: '1.20.2',
    arch: 'amd64',
    origin: 'a test',
    createdAt: '2024-01-02T03:04:05.000Z',
    components: { etcd: '3.4.23' },
    files: [
      {
        name: 'kubeadm',
        version: '1.20.2',
        arch: 'amd64',
        path: 'files/kubeadm',
        sha256: sha(KUBEADM),
        size: KUBEADM.length,
        kind: 'binary',
      },
    ],
    images: [{ ref: 'k8s.gcr.io/pause:3.2', path: 'images/pause.tar', sha256: sha('pause'), size: 5 }],
  };
}

/** A whole bundle as a folder. */
export async function sampleBundle(): Promise<string> {
  const dir = await scratch();
  await mkdir(join(dir, 'files'));
  await mkdir(join(dir, 'images'));
  await writeFile(join(dir, 'files/kubeadm'), KUBEADM);
  await writeFile(join(dir, 'images/pause.tar'), 'pause');
  await writeBundleIndex(dir, sampleIndex());
  return dir;
}

/** Names, types and contents of a tar. */
export async function readTar(file: string) {
  const entries: { name: string; type: string; mode: number; linkname: string; mtime: number; content: Buffer }[] = [];
  for await (const entry of createReadStream(file).pipe(extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(Buffer.from(chunk as Uint8Array));
    const { name, type, mode, linkname, mtime } = entry.header;
    entries.push({
      name,
      type: String(type),
      mode: mode ?? 0,
      linkname: linkname ?? '',
      mtime: mtime?.getTime() ?? -1,
      content: Buffer.concat(chunks),
    });
  }
  return entries;
}
