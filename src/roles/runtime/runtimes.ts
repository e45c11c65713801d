import type { ContainerRuntime } from '../../cluster/container-runtimes.js';
import type { ClusterSettings } from '../../cluster/settings.js';
import { isNode, type Role } from '../role.js';
import { containerd } from './containerd.js';
import type { Runtime } from './runtime.js';

/** Every runtime that `container_manager` may name. */
export const RUNTIMES: Readonly<Record<ContainerRuntime, Runtime>> = { containerd };

/** The runtime that the settings ask for. */
export function runtimeOf(s: ClusterSettings): Runtime {
  return RUNTIMES[s.container_manager];
}

/** See `Runtime.lateImages`. */
export const lateImages: Role = {
  name: 'late-images',
  tasks: (ctx) => (isNode(ctx.host) ? (runtimeOf(ctx.host.settings).lateImages?.(ctx) ?? []) : []),
};
