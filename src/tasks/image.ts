import type { ArtifactRef } from './task.js';

/** A container image as a file: a docker-archive or OCI archive whose image is tagged with `ref`. */
export interface ImageArchive extends ArtifactRef {
  /** Full reference: `k8s.gcr.io/pause:3.2`. */
  readonly ref: string;
}
