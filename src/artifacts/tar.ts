import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';

/** One entry of an archive that we write. Times are always the epoch, so equal contents give equal archives. */
export type TarEntry = {
  /** Relative, without a leading or trailing slash. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
} & (
  | { readonly type: 'directory' }
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'file'; readonly content: string | Buffer }
  | { readonly type: 'file'; readonly source: string }
);

export interface WriteTarOptions {
  /** Default false. Level 1: cheap, and executables still shrink to a third. */
  readonly gzip?: boolean;
  readonly signal?: AbortSignal;
}

/** Writes the entries in the given order. Returns the SHA-256 of the uncompressed tar. */
export async function writeTar(file: string, entries: Iterable<TarEntry>, options: WriteTarOptions = {}): Promise<string> {
  const tar = pack();
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const squeeze = options.gzip ? createGzip({ level: 1 }) : new PassThrough();
  const writing = pipeline(tar, hashing, squeeze, createWriteStream(file), { signal: options.signal });
  const feeding = (async () => {
    for (const entry of entries) await add(tar, entry);
    tar.finalize();
  })();
  feeding.catch((error: Error) => tar.destroy(error));
  await Promise.all([writing, feeding]);
  return hash.digest('hex');
}

async function add(tar: Pack, entry: TarEntry): Promise<void> {
  const header: Parameters<Pack['entry']>[0] = {
    name: entry.type === 'directory' ? `${entry.path}/` : entry.path,
    mode: entry.mode,
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    mtime: new Date(0),
    type: entry.type,
  };
  if (entry.type === 'file' && 'source' in entry) {
    const sink = tar.entry({ ...header, size: (await lstat(entry.source)).size });
    return pipeline(createReadStream(entry.source, { highWaterMark: 1 << 20 }), sink);
  }
  const body = entry.type === 'file' ? entry.content : undefined;
  if (entry.type === 'symlink') header.linkname = entry.target;
  await new Promise<void>((done, failed) => {
    const ended = (error?: Error | null) => (error ? failed(error) : done());
    if (body === undefined) tar.entry(header, ended);
    else tar.entry(header, body, ended);
  });
}
