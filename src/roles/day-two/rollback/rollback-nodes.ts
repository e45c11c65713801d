import type { ClusterHost } from '../../../cluster/cluster.js';
import { sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import type { Task } from '../../../tasks/task.js';
import { MANIFESTS } from '../../kubernetes/kubelet.js';
import type { Role, RoleContext } from '../../role.js';
import { COMPONENTS } from '../upgrade/control-plane.js';
import { drain, uncordon } from '../upgrade/drain.js';
import { fetchedPrograms } from '../upgrade/fetch.js';
import { ready } from '../upgrade/node.js';
import { STARTED } from '../upgrade/upgrade-options.js';
import { kubeadmBack, nodeBack } from './node-back.js';

export interface RollbackNodesOptions {
  /** Nodes whose programs go back. */
  readonly nodes: readonly string[];
  /** Control planes that an upgrade has begun with and not changed: only its note and kubeadm go back. */
  readonly begun: readonly string[];
  /** The control plane that drains the nodes. */
  readonly coordinator: string;
  /** Seconds that a node may take to drain. */
  readonly drainTimeout: number;
}

/**
 * What can be undone of an upgrade without giving up data: a kubelet may be up to three minor versions older than the API servers, so a node goes
 * back by itself. API servers and etcd do not: they have written what their older versions may not know.
 * Source: https://kubernetes.io/releases/version-skew-policy/
 */
export function rollbackNodes(o: RollbackNodesOptions): Role[] {
  const goesBack = (ctx: RoleContext): boolean => o.nodes.includes(ctx.host.name);
  const nodes = (ctx: RoleContext): ClusterHost[] => ctx.cluster.hosts.filter((h) => o.nodes.includes(h.name));
  const onCoordinator = (ctx: RoleContext, tasks: (h: ClusterHost) => Task[]): Task[] =>
    ctx.host.name === o.coordinator ? nodes(ctx).flatMap(tasks) : [];
  return [
    { name: 'rollback-fetch', tasks: (ctx) => (goesBack(ctx) ? fetchedPrograms(ctx) : []) },
    { name: 'rollback-begun', tasks: (ctx) => (o.begun.includes(ctx.host.name) ? notBegun(ctx) : []) },
    { name: 'rollback-drain', tasks: (ctx) => onCoordinator(ctx, (h) => drain(ctx, h, o.drainTimeout)) },
    { name: 'rollback-node', tasks: (ctx) => (goesBack(ctx) ? [...nodeBack(ctx), ready(ctx)] : []) },
    { name: 'rollback-uncordon', tasks: (ctx) => onCoordinator(ctx, (h) => [uncordon(ctx, h)]) },
  ];
}

/** kubeadm was cut off, or has put everything back by itself, before it had changed a component. */
function notBegun(ctx: RoleContext): Task[] {
  const version = `v${ctx.cluster.settings.kube_version}`;
  return [
    ...kubeadmBack(ctx),
    command({
      id: 'rollback/not-begun',
      title: 'Forget the upgrade of the control plane, which has changed nothing',
      check: sh`[ ! -e ${STARTED} ]`,
      apply: sh`
        for c in ${COMPONENTS}; do
          grep -q ${`^ *image: .*:${version}$`} ${MANIFESTS}/"$c".yaml || { echo "$c does not have the image of ${version}" >&2; exit 1; }
        done
        rm -f ${STARTED}`,
      hint: 'A component was upgraded meanwhile: run kubewright upgrade, which goes on, or see docs/day-two.md for the whole way back',
    }),
  ];
}
