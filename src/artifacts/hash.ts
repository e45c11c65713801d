import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** SHA-256 of a file's contents, lower-case hexadecimal. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** What an index says about a file in its directory. */
export async function describeFile(dir: string, path: string): Promise<{ path: string; sha256: string; size: number }> {
  const file = join(dir, path);
  return { path, sha256: await hashFile(file), size: (await stat(file)).size };
}
