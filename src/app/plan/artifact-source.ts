import type { Bundle } from '../../artifacts/bundle.js';
import { InputError } from '../../base/errors.js';
import { catalogueFile } from '../../cluster/catalogue.js';
import { ownChecksums } from '../../cluster/checksums.js';
import type { Cluster, ClusterHost } from '../../cluster/cluster.js';
import { proxyEnvironment } from '../../roles/proxy.js';
import type { Artifacts } from '../../roles/role.js';
import type { Artifact } from '../../tasks/artifact.js';
import type { ImageArchive } from '../../tasks/image.js';

/** The source of a host's files: only the bundle, or the URLs of the catalogue. Every file is verified. */
export function artifactsFor(cluster: Cluster, host: ClusterHost, arch: string, bundle: Bundle | undefined): Artifacts {
  const optionalFile = (name: string): Artifact | undefined =>
    bundle ? fromBundle(bundle, name, arch) : fromCatalogue(cluster, host, name, arch);
  return {
    offline: bundle !== undefined,
    images: bundle ? imagesOf(bundle, arch) : [],
    optionalFile,
    file(name) {
      const found = optionalFile(name);
      if (found) return found;
      throw new InputError({
        what: `There is no ${name} for ${arch}`,
        where: host.name,
        why: bundle
          ? `The bundle ${bundle.index.name} does not contain it`
          : 'The catalogue has no checksum for this version, and unverified files are not installed',
        fix: bundle
          ? 'Build a bundle that contains it, or install without a bundle'
          : 'Choose a version in the catalogue, or give an offline bundle (--bundle)',
      });
    },
  };
}

function fromBundle(bundle: Bundle, name: string, arch: string): Artifact | undefined {
  const entry = bundle.index.files.find((f) => f.name === name && f.arch === arch);
  if (!entry) return undefined;
  const { version, sha256, size, kind, innerDir } = entry;
  return { name, version, sha256, size, kind, innerDir };
}

function imagesOf(bundle: Bundle, arch: string): ImageArchive[] {
  if (bundle.index.arch !== arch) return [];
  return bundle.images.map((i) => {
    const shared = bundle.images.some((other) => other !== i && other.path === i.path);
    return { name: shared ? i.path : i.ref, ref: i.ref, id: i.id, sha256: i.sha256, size: i.size };
  });
}

function fromCatalogue(cluster: Cluster, host: ClusterHost, name: string, arch: string): Artifact | undefined {
  const version = cluster.versions.components[name];
  if (version === undefined) return undefined;
  const found = catalogueFile(name, version, arch, {
    filesRepo: host.settings.files_repo,
    own: ownChecksums(host.settings, name),
  });
  return found && { ...found, environment: proxyEnvironment(cluster, host) };
}

/** Checksum → local path of a bundle's file, which the engine pushes to the nodes. */
export function bundlePaths(bundle: Bundle | undefined): ReadonlyMap<string, string> {
  if (!bundle) return new Map();
  return new Map([...bundle.index.files, ...bundle.images].map((e) => [e.sha256, bundle.pathOf(e)]));
}
