import type { NetworkPluginName } from '../../cluster/network-plugins.js';
import type { ClusterSettings } from '../../cluster/settings.js';
import type { KernelModule } from '../../tasks/kernel.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';

/** A pod network. To add one: a file beside this one, an entry in `plugins.ts`, its name in `cluster/network-plugins.ts`. */
export interface NetworkPlugin {
  /** What `kube_network_plugin` calls it. */
  readonly name: NetworkPluginName;
  /** Files of the catalogue that its tasks install. */
  readonly components: readonly string[];
  /** Settings that its tasks read. */
  readonly settings: readonly (keyof ClusterSettings)[];
  /** Its tasks need the pod subnets that the controller manager gave to the nodes: the role `pod-subnets` looks them up. */
  readonly needsPodSubnets: boolean;
  /** Nodes become Ready by what it does here; false where the operator brings the network. */
  readonly makesNodesReady: boolean;
  /** Kernel features that it needs on every node. Absent: none beyond those of all nodes. */
  modules?(s: ClusterSettings): readonly KernelModule[];
  /** Its interfaces, as NetworkManager's `interface-name` matches them: it must leave them alone. Absent: none. */
  readonly interfaces?: readonly string[];
  /** What nodes send each other for it, for a person who opens a firewall: `VXLAN (4789/udp)`. Absent: pods' own packets. */
  traffic?(s: ClusterSettings): readonly string[];
  /** Those of `tasks` that a new cluster can have while hosts still join, asked for on the first control plane. Absent: none. */
  earlyTasks?(ctx: RoleContext): readonly Task[];
  /** On every node, when all have joined. In a new cluster pods can start on each node when they are done. */
  tasks(ctx: RoleContext): readonly Task[];
  /** What a new cluster need not wait for before its DNS is installed, asked for on the first control plane. Absent: nothing. */
  lastTasks?(ctx: RoleContext): readonly Task[];
}
