import { joinShell, type Shell, sh } from '../../shell/shell.js';
import type { ImageArchive } from '../../tasks/image.js';
import { NODE_STATE } from '../../tasks/paths.js';
import type { Task } from '../../tasks/task.js';

export interface ImportOptions {
  readonly id: string;
  readonly title: string;
  /** Directory of `ctr`. */
  readonly binDir: string;
  readonly images: readonly ImageArchive[];
}

const STAMP = `${NODE_STATE}/images`;

/**
 * Images in containerd's namespace of Kubernetes. What was imported is noted by reference and ID (where there is none, sha256 of the
 * file), so a new build of the same tag is imported again, and an image that the kubelet's garbage collection removed is brought
 * back. An image that got there in another way is left alone when its ID is the wanted one. An archive of several images is imported once.
 */
export function importImages(o: ImportOptions): Task {
  const ctr = sh`${`${o.binDir}/ctr`} -n k8s.io`;
  const archives = new Map<string, ImageArchive[]>();
  for (const i of o.images) archives.set(i.sha256, [...(archives.get(i.sha256) ?? []), i]);
  return {
    id: o.id,
    title: o.title,
    needs: [...archives.values()].flatMap((images) => images[0] ?? []),
    check: joinShell([
      sh`have=$(${ctr} images ls -q)`,
      // A line each: errexit does not see a failure on the left of &&.
      ...o.images.flatMap((i) => [
        sh`printf '%s\n' "$have" | grep -qxF ${i.ref}`,
        i.id === undefined ? noted(i) : sh`${noted(i)} 2>/dev/null || ${hasId(ctr, i.ref, i.id)}`,
      ]),
    ]),
    apply: joinShell([
      sh`mkdir -p ${NODE_STATE}; touch ${STAMP}`,
      ...[...archives].map(
        ([sha256, images]) => sh`if ${joinShell(
          images.map((i) => missing(ctr, i)),
          ' || ',
        )}; then
  src=$(kw_artifact ${sha256})
  ${ctr} images import "$src" >/dev/null
${joinShell(images.map(note))}
  kw_artifact_done ${sha256}
fi`,
      ),
    ]),
    timeoutSec: 1800,
    hint: 'containerd must be running; `crictl images` or `ctr -n k8s.io images ls` on the host shows what it has',
  };
}

function entry(i: ImageArchive): string {
  return `${i.id ?? i.sha256} ${i.ref}`;
}

function noted(i: ImageArchive): Shell {
  return sh`grep -qxF ${entry(i)} ${STAMP}`;
}

function missing(ctr: Shell, i: ImageArchive): Shell {
  const gone = sh`! ${ctr} images ls -q | grep -qxF ${i.ref}`;
  return i.id === undefined ? sh`${gone} || ! ${noted(i)}` : sh`${gone} || ! { ${noted(i)} || ${hasId(ctr, i.ref, i.id)}; }`;
}

/** containerd's CRI plugin tags each image with its ID too: it is the wanted one when both tags name the same manifest. */
function hasId(ctr: Shell, ref: string, id: string): Shell {
  const program = '$1 == ref { a = $3 } $1 == id { b = $3 } END { exit !(a != "" && a == b) }';
  return sh`${ctr} images ls | awk -v ref=${ref} -v id=${id} ${program}`;
}

function note(i: ImageArchive): Shell {
  return sh`  grep -vF ${` ${i.ref}`} ${STAMP} > ${`${STAMP}.new`} || true
  echo ${entry(i)} >> ${`${STAMP}.new`}
  mv -f ${`${STAMP}.new`} ${STAMP}`;
}
