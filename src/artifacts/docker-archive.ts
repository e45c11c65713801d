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
}

export async function writeLayer(file: string, entries: Iterable<TarEntry>, signal?: AbortSignal): Promise<Layer> {
  return { file, diffId: await writeTar(file, entries, { gzip: true, signal }) };
}

/** SHA-256 of the configuration that such an image gets, with prefix: the image's ID in every container runtime. */
export function imageId(image: ImageOptions): string {
  return `sha256:${configOf(image).digest}`;
}

/**
 * Writes images in the format of `docker save` (version 1.2 of the image specification: manifest.json, a configuration for
 * each, their layers), which `docker load`, `ctr image import`, podman and skopeo read. A layer that several share is in it
 * once. Equal input gives equal bytes. The layers inside are gzipped; all of these readers look at a layer's first bytes.
 */
export async function writeDockerArchive(file: string, images: readonly ImageOptions[], signal?: AbortSignal): Promise<void> {
  const layerName = (l: Layer) => `${l.diffId}/layer.tar`;
  const configs = images.map(configOf);
  const manifest = images.map((image, i) => ({
    Config: `${configs[i]?.digest}.json`,
    RepoTags: [image.ref],
    Layers: image.layers.map(layerName),
  }));
  const layers = new Map(images.flatMap((i) => i.layers).map((l) => [l.diffId, l]));
  const texts = new Map(configs.map((c) => [c.digest, c.text]));
  const entries: TarEntry[] = [
    { type: 'file', path: 'manifest.json', mode: 0o644, content: JSON.stringify(manifest) },
    ...[...texts].map(([digest, content]): TarEntry => ({ type: 'file', path: `${digest}.json`, mode: 0o644, content })),
    ...[...layers.values()].flatMap((l): TarEntry[] => [
      { type: 'directory', path: l.diffId, mode: 0o755 },
      { type: 'file', path: layerName(l), mode: 0o644, source: l.file },
    ]),
  ];
  await writeTar(file, entries, { signal });
}

function configOf(image: ImageOptions): { text: string; digest: string } {
  const text = JSON.stringify({
    architecture: image.arch,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: image.config,
    rootfs: { type: 'layers', diff_ids: image.layers.map((l) => `sha256:${l.diffId}`) },
    history: image.layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'kubewright bundle' })),
  });
  return { text, digest: createHash('sha256').update(text).digest('hex') };
}
