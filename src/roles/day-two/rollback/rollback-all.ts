import { RESTORE_ASIDE } from '../../../facts/living/probe-living.js';
import { sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import type { Task } from '../../../tasks/task.js';
import { etcdBinaries } from '../../etcd/etcd.js';
import { controlPlane } from '../../kubernetes/control-plane.js';
import { KUBEADM_CONFIG, kubeadmOf } from '../../kubernetes/kubeadm-command.js';
import { MANIFESTS } from '../../kubernetes/kubelet.js';
import type { Role, RoleContext } from '../../role.js';
import { etcdRestore, pinImages, type RestoreOptions } from '../etcd/restore.js';
import { COMPONENTS, componentsRun } from '../upgrade/control-plane.js';
import { fetch } from '../upgrade/fetch.js';
import { upgrade } from '../upgrade/upgrade.js';
import { STARTED } from '../upgrade/upgrade-options.js';
import { kubeadmBack, nodeBack } from './node-back.js';

/** Roles of an upgrade that bring the cluster's own objects to a version. */
const SETTLE = ['upgrade-settings', 'upgrade-pod-subnets', 'upgrade-network', 'upgrade-nodes', 'upgrade-record'];

/**
 * The whole way back: the objects of a snapshot that was taken before the upgrade, and the programs of then on all hosts. What the newer version has
 * written is gone, so nothing of it meets the older one.
 */
export function rollbackAll(o: RestoreOptions): Role[] {
  return [
    { name: 'rollback-all-fetch', tasks: fetch },
    // The member keeps its program until it stops: only what restores the snapshot is of the older version already.
    { name: 'rollback-etcdutl', tasks: (ctx) => etcdBinaries(ctx).filter((t) => t.id === 'etcd/etcdutl') },
    ...etcdRestore(o),
    { name: 'rollback-member', tasks: (ctx) => etcdBinaries(ctx).filter((t) => t.id !== 'etcd/etcdutl') },
    { name: 'rollback-programs', tasks: programs },
    { name: 'rollback-components', tasks: (ctx) => [componentsRun(ctx)] },
    ...upgrade({ stamp: o.stamp, coordinator: '', batches: [], drainTimeout: 0 }).filter((r) => SETTLE.includes(r.name)),
  ];
}

/** The kubelet goes first: with the manifests in place it would start their pods twice. */
function programs(ctx: RoleContext): Task[] {
  if (!ctx.host.controlPlane) return nodeBack(ctx);
  return [
    ...kubeadmBack(ctx),
    ...nodeBack(ctx),
    ...controlPlane.tasks(ctx).filter((t) => t.id === 'control-plane/config'),
    manifests(ctx),
  ];
}

function manifests(ctx: RoleContext): Task {
  const version = `v${ctx.cluster.settings.kube_version}`;
  return command({
    id: 'rollback/manifests',
    title: `Write the manifests of the control plane of ${version}`,
    check: sh`
      for c in ${COMPONENTS}; do
        grep -q ${`^ *image: .*:${version}$`} ${MANIFESTS}/"$c".yaml
      done
      [ ! -e ${RESTORE_ASIDE} ]
      [ ! -e ${STARTED} ]`,
    apply: sh`
      ${pinImages(ctx, '')}
      ${kubeadmOf(ctx.host)} init phase control-plane all --config ${KUBEADM_CONFIG}
      rm -rf ${RESTORE_ASIDE}
      rm -f ${STARTED}`,
    hint: 'Run the same command again: it goes on from here',
  });
}
