import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { InputError, KubewrightError } from '../errors.js';
import { isInside } from './bundle-index.js';

/**
 * Unpacks a tar (plain or gzipped, told by its first bytes) into an empty folder.
 * Only plain files and folders are taken: a bundle has no links, and a link could lead out of the folder.
 * @throws InputError for a path that escapes, for a link or a device, and for a file that is no tar.
 */
export async function unpackTar(file: string, dir: string): Promise<void> {
  const untar = extract();
  const feeding = (await isGzip(file))
    ? pipeline(createReadStream(file), createGunzip(), untar)
    : pipeline(createReadStream(file), untar);
  try {
    let count = 0;
    for await (const entry of untar) {
      count++;
      const { name, type } = entry.header;
      if (!isInside(name)) throw refused(file, name, 'its path leads out of the bundle');
      if (type === 'directory') {
        await mkdir(join(dir, name), { recursive: true });
        entry.resume();
      } else if (type === 'file' || type === 'contiguous-file') {
        await mkdir(dirname(join(dir, name)), { recursive: true });
        // wx: a second entry of the same name must not write over the first.
        await pipeline(entry, createWriteStream(join(dir, name), { flags: 'wx', mode: 0o644 }));
      } else {
        throw refused(file, name, `it is a ${type}; a bundle holds plain files and folders only`);
      }
    }
    await feeding;
    if (count === 0) throw new Error('no entries');
  } catch (cause) {
    untar.destroy();
    await feeding.catch(() => {});
    if (cause instanceof KubewrightError) throw cause;
    throw new InputError({
      what: 'The bundle cannot be unpacked',
      where: file,
      why: String((cause as Error).message),
      todo: 'Copy it again, or name the folder of an unpacked bundle',
      cause,
    });
  }
}

function refused(file: string, name: string, why: string): InputError {
  return new InputError({
    what: `The bundle holds an entry that is not allowed: ${JSON.stringify(name)}`,
    where: file,
    why,
    todo: 'Do not use this file unless you know who made it; build the bundle again',
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
