import { createHash } from 'node:crypto';
import { type TarEntry, writeTar } from './tar.js';

/** A layer on disk, gzipped. Layers may be shared by images. */
export interface Layer {
  readonly file: string;
  /** SHA-256 of the uncompressed tar, without prefix. */
  readonly diffId: string;
}

/** Process settings of an image, in Docker's terms. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly StopSignal?: string;
}

export interface ImageOptions {
  /** Full reference with registry and tag. */
  readonly ref: string;
  readonly arch: string;
  readonly config: ImageConfig;
  /** From the bottom up. */
  readonly layers: readonly Layer[];
  readonly signal?: AbortSignal;
}

export async function writeLayer(file: string, entries: Iterable<TarEntry>, signal?: AbortSignal): Promise<Layer> {
  return { file, diffId: await writeTar(file, entries, { gzip: true, signal }) };
}

/**
 * Writes an image in the format of `docker save` (version 1.2 of the image specification: manifest.json, one
 * configuration, its layers), which `docker load`, `ctr image import`, podman and skopeo read. Equal input gives equal
 * bytes. The layers inside are gzipped; all of these readers look at a layer's first bytes.
 */
export async function writeDockerArchive(file: string, image: ImageOptions): Promise<void> {
  const config = JSON.stringify({
    architecture: image.arch,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: image.config,
    rootfs: { type: 'layers', diff_ids: image.layers.map((l) => `sha256:${l.diffId}`) },
    history: image.layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'kubewright bundle' })),
  });
  const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
  const layerName = (l: Layer) => `${l.diffId}/layer.tar`;
  const manifest = [{ Config: configName, RepoTags: [image.ref], Layers: image.layers.map(layerName) }];
  const entries: TarEntry[] = [
    { type: 'file', path: 'manifest.json', mode: 0o644, content: JSON.stringify(manifest) },
    { type: 'file', path: configName, mode: 0o644, content: config },
    ...image.layers.flatMap((l): TarEntry[] => [
      { type: 'directory', path: l.diffId, mode: 0o755 },
      { type: 'file', path: layerName(l), mode: 0o644, source: l.file },
    ]),
  ];
  await writeTar(file, entries, { signal: image.signal });
}
