import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type ExtractEvents, extract, type Header } from 'tar-stream';
import { InputError, KubewrightError } from '../base/errors.js';
import { wholeFile } from '../base/place.js';
import { isInside } from './bundle-index.js';

/**
 * Unpacks a tar (plain or gzipped, recognised by its first bytes) into an empty directory.
 * Only plain files and directories are taken: a bundle has no links, and a link could lead out of the directory.
 * @throws InputError for a path that escapes, for a link or a device, and for a file that is not a tar.
 */
export async function unpackTar(file: string, dir: string): Promise<void> {
  const untar = extract();
  const stop = new AbortController();
  let count = 0;
  let writing: Promise<void> = Promise.resolve();
  untar.on('entry', (header, content, next) => {
    count++;
    // The pipeline reports it too; an entry without a listener would end the process.
    content.on('error', () => {});
    writing = take(file, dir, header, content, stop.signal);
    writing.then(() => next(), next);
  });
  try {
    if (await isGzip(file)) await pipeline(createReadStream(file), createGunzip(), untar);
    else await pipeline(createReadStream(file), untar);
    await writing;
    if (count === 0) throw new Error('it is empty');
  } catch (cause) {
    // A truncated tar ends in the middle of a file, whose writer would wait for ever.
    stop.abort();
    await writing.catch(() => {});
    if (cause instanceof KubewrightError) throw cause;
    throw new InputError({
      what: 'The bundle cannot be unpacked',
      where: wholeFile(file),
      why: String((cause as Error).message),
      fix: 'Copy it again, or pass the directory of an unpacked bundle',
      cause,
    });
  }
}

async function take(
  file: string,
  dir: string,
  header: Header,
  content: ExtractEvents['entry'][1],
  signal: AbortSignal,
): Promise<void> {
  const { name, type } = header;
  if (!isInside(name)) throw refused(file, name, 'its path leads out of the bundle');
  const path = join(dir, name);
  if (type === 'directory') {
    await mkdir(path, { recursive: true });
    content.resume();
  } else if (type === 'file' || type === 'contiguous-file') {
    await mkdir(dirname(path), { recursive: true });
    // wx: a second entry of the same name must not write over the first.
    await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o644 }), { signal });
  } else {
    throw refused(file, name, `it is a ${type}; a bundle holds plain files and directories only`);
  }
}

function refused(file: string, name: string, why: string): InputError {
  return new InputError({
    what: `The bundle holds an entry that is not allowed: ${JSON.stringify(name)}`,
    where: wholeFile(file),
    why,
    fix: 'Do not use this file unless you know who made it; build the bundle again',
  });
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
