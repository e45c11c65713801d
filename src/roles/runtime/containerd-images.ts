import { joinShell, sh } from '../../shell/shell.js';
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

/**
 * Images in containerd's namespace of Kubernetes. What was imported is noted by reference and sha256 of its file, so a new build
 * of the same tag is imported again, and an image that the kubelet's garbage collection removed comes back.
 */
export function importImages(o: ImportOptions): Task {
  const stamp = `${NODE_STATE}/images`;
  const ctr = sh`${`${o.binDir}/ctr`} -n k8s.io`;
  return {
    id: o.id,
    title: o.title,
    needs: o.images,
    check: joinShell([
      sh`have=$(${ctr} images ls -q)`,
      // A line each: errexit does not see a failure on the left of &&.
      ...o.images.flatMap((i) => [
        sh`printf '%s\n' "$have" | grep -qxF ${i.ref}`,
        sh`grep -qxF ${`${i.sha256} ${i.ref}`} ${stamp}`,
      ]),
    ]),
    apply: joinShell([
      sh`mkdir -p ${NODE_STATE}; touch ${stamp}`,
      ...o.images.map(
        (i) => sh`if ! ${ctr} images ls -q | grep -qxF ${i.ref} || ! grep -qxF ${`${i.sha256} ${i.ref}`} ${stamp}; then
  src=$(kw_artifact ${i.sha256})
  ${ctr} images import "$src" >/dev/null
  grep -vF ${` ${i.ref}`} ${stamp} > ${`${stamp}.new`} || true
  echo ${`${i.sha256} ${i.ref}`} >> ${`${stamp}.new`}
  mv -f ${`${stamp}.new`} ${stamp}
  kw_artifact_done ${i.sha256}
fi`,
      ),
    ]),
    timeoutSec: 1800,
    hint: 'containerd must be running; `crictl images` or `ctr -n k8s.io images ls` on the host shows what it has',
  };
}
