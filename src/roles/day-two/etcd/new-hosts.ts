import { APPLIED_FILE } from '../../../facts/living/probe-living.js';
import { controlPlaneEndpoint } from '../../../kubeadm/build.js';
import { sh } from '../../../shell/shell.js';
import { action } from '../../../tasks/action.js';
import { kubectl } from '../../../tasks/manifest.js';
import type { Task } from '../../../tasks/task.js';
import { KUBEADM_CONFIG, kubeadmOf } from '../../kubernetes/kubeadm-command.js';
import type { RoleContext } from '../../role.js';

/** Names of all nodes after a restore, separated by spaces. */
export const NODES_EXPORT = 'etcd-restored-nodes';

/**
 * Objects of a cluster that was made on other hosts name these in what joining hosts, kubeadm and Kubewright read. Where the endpoint in them is
 * not one of the inventory's, they are written again from what lies on this host.
 */
export function nameTheseHosts(ctx: RoleContext): Task {
  const { cluster, host } = ctx;
  const endpoint = controlPlaneEndpoint(cluster);
  const known = [endpoint, ...cluster.controlPlane.map((h) => `${h.accessIp}:${h.settings.kube_apiserver_port}`)];
  const k = sh`${kubectl(host.settings.bin_dir)} --request-timeout=20s`;
  return action({
    id: 'etcd-restore/these-hosts',
    title: "Let the cluster's own notes name these hosts, if they name others",
    apply: sh`
      endpoint() { sed -n ${'s/^controlPlaneEndpoint: *//p'} | tr -d ${`"'`}; }
      have=$(${k} -n kube-system get configmap kubeadm-config --ignore-not-found -o ${'jsonpath={.data.ClusterConfiguration}'} | endpoint)
      for e in '' ${known}; do [ "$have" != "$e" ] || exit 0; done
      want=$(cat ${KUBEADM_CONFIG} 2>/dev/null | endpoint)
      if [ "$want" != ${endpoint} ]; then
        echo ${`${KUBEADM_CONFIG} on this host is not of this inventory, so kubeadm-config and cluster-info still name another endpoint`}": $have"
        exit 0
      fi
      echo "they name $have"
      ${kubeadmOf(host)} init phase upload-config kubeadm --config ${KUBEADM_CONFIG}
      ${k} -n kube-public get configmap cluster-info -o yaml | sed ${`s#^\\( *server: \\)https://.*#\\1https://${endpoint}#`} | ${k} replace -f -
      [ ! -s ${APPLIED_FILE} ] || ${k} -n kube-system create configmap kubewright --from-file=applied=${APPLIED_FILE} --dry-run=client -o yaml | ${k} apply --server-side --force-conflicts -f -`,
    exports: { [NODES_EXPORT]: sh`${k} get nodes -o ${'jsonpath={.items[*].metadata.name}'}` },
    timeoutSec: 180,
  });
}
