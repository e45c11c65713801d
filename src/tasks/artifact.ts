import { joinShell, type Shell, sh } from '../shell/shell.js';
import { NODE_STATE } from './paths.js';
import type { ArtifactRef, Task } from './task.js';

/** A verified file as the catalogue or a bundle describes it. */
export interface Artifact extends ArtifactRef {
  readonly version: string;
  readonly kind: 'binary' | 'tar.gz' | 'yaml';
  /** Directory inside the archive that holds the binaries; absent: its top. */
  readonly innerDir?: string;
  /** What a download needs in its environment. */
  readonly environment?: Shell;
}

export interface InstallOptions {
  readonly id: string;
  readonly title: string;
  readonly artifact: Artifact;
  /** Target directory, which must exist. */
  readonly dir: string;
  /** Files to install: for a binary its new name, for an archive the members wanted. Empty: all of the archive. */
  readonly files: readonly string[];
}

/**
 * Installs a binary, or files of an archive, into a directory. The engine passes on only what has the right sha256.
 *
 * Hashing 300 MB of binaries in every run would take seconds per node, so each installed file is noted with its size and
 * modification time: a file that changed since then is installed again.
 */
export function install(o: InstallOptions): Task {
  const { environment, ...artifact } = o.artifact;
  const stamp = `${NODE_STATE}/installed/${o.id.replaceAll('/', '.')}`;
  const all = o.files.length === 0;
  const state = sh`{ echo ${artifact.sha256}; ( cd ${o.dir} && stat -c '%n %s %Y %a' -- ${all ? sh`$(cat ${`${stamp}.files`})` : sh`${o.files}`} ); }`;
  const unpack =
    artifact.kind !== 'tar.gz'
      ? sh`cp "$src" "$tmp"/${o.files[0] ?? artifact.name}`
      : sh`tar -xzf "$src" -C "$tmp" --no-same-owner ${artifact.innerDir ? sh`--strip-components=${depth(artifact.innerDir)}` : sh``} ${
          all
            ? sh`${artifact.innerDir ? [artifact.innerDir] : []}`
            : sh`${o.files.map((f) => (artifact.innerDir ? `${artifact.innerDir}/${f}` : f))}`
        }`;
  return {
    id: o.id,
    title: o.title,
    needs: [artifact],
    check: sh`
      [ -s ${stamp} ]
      [ "$(${state})" = "$(cat ${stamp})" ]`,
    apply: joinShell([
      ...(environment && environment.text !== '' ? [environment] : []),
      sh`src=$(kw_artifact ${artifact.sha256})`,
      sh`tmp=$(mktemp -d ${`${o.dir}/.kw-XXXXXX`})`,
      sh`trap 'rm -rf "$tmp"' EXIT`,
      unpack,
      sh`mkdir -p ${`${NODE_STATE}/installed`}`,
      all ? sh`( cd "$tmp" && find . -type f -printf '%P\n' | sort ) > ${`${stamp}.files`}` : sh``,
      // Renamed one by one: a running binary is replaced without "text file busy".
      sh`for f in ${all ? sh`$(cat ${`${stamp}.files`})` : sh`${o.files}`}; do
  chown root:root "$tmp/$f"
  chmod 0755 "$tmp/$f"
  mv -fT "$tmp/$f" ${o.dir}/"$f"
done`,
      sh`${state} > ${stamp}`,
      sh`kw_artifact_done ${artifact.sha256}`,
    ]),
    diff: sh`echo ${`${o.dir}: ${all ? `the files of ${artifact.name}` : o.files.join(', ')} become those of ${artifact.name} ${artifact.version}`}`,
    timeoutSec: 1800,
    hint: `Could ${artifact.name} ${artifact.version} not be fetched? Give files_repo (a mirror) or kubewright_bundle (an offline bundle)`,
  };
}

function depth(innerDir: string): number {
  return innerDir.split('/').filter((p) => p !== '' && p !== '.').length;
}
