import type { ImageArchive } from '../../tasks/image.js';
import { isNew, isNode, type RoleContext } from '../role.js';

const CONTROL_PLANE_ONLY = /\/kube-(apiserver|controller-manager|scheduler):/;
const LOAD_BALANCER = /\/(haproxy|nginx):/;

/** The bundle's images that this host may run: two hundred workers do not need the API server's, and add-ons are there when the cluster has them. */
export function imagesFor(ctx: Pick<RoleContext, 'artifacts' | 'cluster' | 'host'>): readonly ImageArchive[] {
  const settings: Readonly<Record<string, unknown>> = ctx.cluster.settings;
  const addons = Object.values(ctx.cluster.versions.addons);
  const on = new Set(addons.filter((a) => settings[a.setting] === true).map((a) => a.imageName));
  const off = addons.map((a) => a.imageName).filter((name) => !on.has(name));
  return ctx.artifacts.images.filter((i) => {
    if (!isNode(ctx.host)) return false;
    if (CONTROL_PLANE_ONLY.test(i.ref)) return ctx.host.controlPlane;
    if (off.some((name) => isImage(i.ref, name))) return false;
    if (LOAD_BALANCER.test(i.ref)) return !ctx.host.controlPlane;
    return true;
  });
}

/**
 * All hosts of a new cluster wait for the first control plane: what it needs goes first, and the others get theirs while it comes up. In a
 * cluster that runs no host waits for it.
 */
export function isLate(ctx: RoleContext): boolean {
  return ctx.host !== ctx.cluster.controlPlane[0] && isNew(ctx);
}

/** The bundle's image of that name, whatever its version, or the given reference, which the runtime then pulls. */
export function imageRef(ctx: RoleContext, name: string, otherwise: string): string {
  return ctx.artifacts.images.find((i) => isImage(i.ref, name))?.ref ?? otherwise;
}

function isImage(ref: string, name: string): boolean {
  return ref.includes(`/${name}:`);
}
