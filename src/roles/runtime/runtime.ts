import type { ContainerRuntime } from '../../cluster/container-runtimes.js';
import type { KernelModule } from '../../tasks/kernel.js';
import type { Task } from '../../tasks/task.js';
import type { Role, RoleContext } from '../role.js';

/** What the rest of an installation knows of the program that runs containers. */
export interface Runtime {
  /** What `container_manager` calls it. */
  readonly name: ContainerRuntime;
  /** systemd unit that the kubelet is started after. */
  readonly unit: string;
  /** Path of its CRI socket. */
  readonly socket: string;
  /** Kernel features that it needs. */
  readonly modules: readonly KernelModule[];
  /** Lists the containers of Kubernetes, for a person on the host. */
  readonly listCommand: string;
  /**
   * Installs it, writes its configuration with the pause image of `cluster.versions` and the mirrors of registries, starts it, and
   * imports the images of a bundle, but for what `lateImages` does. Does nothing where `container_manager` names another one.
   */
  readonly role: Role;
  /** Images of a bundle that a host of a new cluster needs when the first control plane is up: imported meanwhile. Absent: none. */
  lateImages?(ctx: RoleContext): readonly Task[];
}
