import type { ImageArchive } from '../../tasks/image.js';
import { isNode, type RoleContext } from '../role.js';

const CONTROL_PLANE_ONLY = /\/kube-(apiserver|controller-manager|scheduler):/;
const LOAD_BALANCER = /\/(haproxy|nginx):/;

/** The bundle's images that this host may run: two hundred workers do not need the API server's. */
export function imagesFor(ctx: Pick<RoleContext, 'artifacts' | 'host'>): readonly ImageArchive[] {
  return ctx.artifacts.images.filter((i) => {
    if (!isNode(ctx.host)) return false;
    if (CONTROL_PLANE_ONLY.test(i.ref)) return ctx.host.controlPlane;
    if (LOAD_BALANCER.test(i.ref)) return !ctx.host.controlPlane;
    return true;
  });
}

/** The bundle's image of that name, whatever its version, or the given reference, which the runtime then pulls. */
export function imageRef(ctx: RoleContext, name: string, otherwise: string): string {
  return ctx.artifacts.images.find((i) => new RegExp(`/${name}:`).test(i.ref))?.ref ?? otherwise;
}
