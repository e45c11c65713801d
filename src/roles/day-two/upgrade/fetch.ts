import { catalogue } from '../../../cluster/catalogue.js';
import { minorOf } from '../../../cluster/versions.js';
import { joinShell, type Shell, sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import type { ImageArchive } from '../../../tasks/image.js';
import type { Task } from '../../../tasks/task.js';
import { etcdBinaries } from '../../etcd/etcd.js';
import { node } from '../../kubernetes/kubelet.js';
import { proxyEnvironment } from '../../proxy.js';
import { isNode, type RoleContext } from '../../role.js';
import { containerd } from '../../runtime/containerd.js';
import { importImages } from '../../runtime/containerd-images.js';
import { imagesFor } from '../../runtime/images.js';

/**
 * Everything that the upgrade needs is on the host before anything stops anywhere: programs in the download cache, from where each is
 * installed when its turn comes, and images. The pause image comes first: kubeadm's health check starts a pod on any node.
 */
export function fetch(ctx: RoleContext): Task[] {
  return [...fetchedPrograms(ctx), ...images(ctx)];
}

/** The part of it that needs no runtime. */
export function fetchedPrograms(ctx: RoleContext): Task[] {
  const programs = [
    ...(isNode(ctx.host) ? [...containerd.role.tasks(ctx), ...node.tasks(ctx)] : []),
    ...(ctx.host.etcd ? etcdBinaries(ctx) : []),
  ].filter((t) => t.id !== IMAGES && (t.needs?.length ?? 0) > 0);
  return fetchPrograms(ctx, programs);
}

const IMAGES = 'containerd/images';

/** The tasks of a runtime without the import of images, which has been done when a node has its turn. */
export function runtimeTasks(ctx: RoleContext): Task[] {
  return containerd.role.tasks(ctx).filter((t) => t.id !== IMAGES);
}

function fetchPrograms(ctx: RoleContext, programs: readonly Task[]): Task[] {
  if (programs.length === 0) return [];
  const there = (t: Task): Shell =>
    joinShell((t.needs ?? []).map((n) => sh`( ${t.check} ) >/dev/null 2>&1 || [ -s "$KW_CACHE"/${n.sha256} ]`));
  const environment = proxyEnvironment(ctx.cluster, ctx.host);
  return [
    command({
      id: 'upgrade/programs',
      title: 'Fetch the programs, without installing them',
      check: joinShell(programs.map(there)),
      apply: joinShell([
        ...(environment.text === '' ? [] : [environment]),
        ...programs.flatMap((t) =>
          (t.needs ?? []).map((n) => sh`( ${t.check} ) >/dev/null 2>&1 || kw_artifact ${n.sha256} >/dev/null`),
        ),
      ]),
      needs: programs.flatMap((t) => t.needs ?? []),
      timeoutSec: 1800,
      hint: 'Could a file not be fetched? Give files_repo (a mirror) or an offline bundle (--bundle)',
    }),
  ];
}

/** Import from the bundle, or pull: what a host has already is left alone. */
export function images(ctx: RoleContext): Task[] {
  if (!isNode(ctx.host)) return [];
  const bin = ctx.host.settings.bin_dir;
  if (ctx.artifacts.offline) {
    const list = pauseFirst(imagesFor(ctx));
    return list.length > 0 ? [importImages({ id: IMAGES, title: 'Import container images', binDir: bin, images: list })] : [];
  }
  const refs = pulledImages(ctx);
  const ctr = sh`${`${bin}/ctr`} -n k8s.io`;
  return [
    command({
      id: 'upgrade/pull',
      title: 'Pull the images of the new version',
      check: joinShell([sh`have=$(${ctr} images ls -q)`, ...refs.map((ref) => sh`printf '%s\n' "$have" | grep -qxF ${ref}`)]),
      // Through the runtime's own interface, so that its mirrors and proxies count.
      apply: sh`
        for i in ${refs}; do
          if [ -x ${`${bin}/crictl`} ]; then ${`${bin}/crictl`} pull "$i"; else ${ctr} images pull --hosts-dir /etc/containerd/certs.d "$i"; fi
        done`,
      timeoutSec: 1800,
      hint: 'Can the host reach the registry? Name a mirror with kube_image_repo or containerd_registries_mirrors',
    }),
  ];
}

function pauseFirst(list: readonly ImageArchive[]): ImageArchive[] {
  const isPause = (i: ImageArchive): boolean => i.ref.includes('/pause:');
  return [...list.filter(isPause), ...list.filter((i) => !isPause(i))];
}

function pulledImages({ cluster, host }: RoleContext): string[] {
  const { imageRegistry, pauseImage } = cluster.versions;
  const version = `v${cluster.settings.kube_version}`;
  const coredns = catalogue().pairings.coredns[`1.${minorOf(cluster.settings.kube_version)}`];
  const component = (name: string): string => `${imageRegistry}/${name}:${version}`;
  return [
    pauseImage,
    component('kube-proxy'),
    ...(coredns === undefined || cluster.settings.dns_mode === 'none' ? [] : [`${imageRegistry}/coredns/coredns:v${coredns}`]),
    ...(host.controlPlane ? ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(component) : []),
  ];
}
