import type { ArtifactRef } from './task.js';

/** A container image in a file: a docker-archive or OCI archive that holds an image tagged with `ref`, perhaps among others. */
export interface ImageArchive extends ArtifactRef {
  /** Full reference: `k8s.gcr.io/pause:3.2`. */
  readonly ref: string;
  /** The image's ID, `sha256:…`, where the bundle knows it. */
  readonly id?: string;
}
