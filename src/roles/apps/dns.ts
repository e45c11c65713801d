import { stringify } from 'yaml';
import { nthAddress } from '../../base/net/ipv4.js';
import { sh } from '../../shell/shell.js';
import { command, waitFor } from '../../tasks/command.js';
import { kubectl, manifest } from '../../tasks/manifest.js';
import { patiently } from '../../tasks/patiently.js';
import type { Task } from '../../tasks/task.js';
import { DNS_PENDING, KUBEADM_CONFIG, kubeadmOf } from '../kubernetes/kubeadm-command.js';
import { pluginOf } from '../network/plugins.js';
import type { Role, RoleContext } from '../role.js';
import { podsHopeless, podsWhy } from '../why.js';

/**
 * A second Service of CoreDNS at `skydns_server`, which the kubelets give to pods. kubeadm's own always has the tenth
 * service address; kubespray's users expect the third.
 */
function dnsService(ctx: RoleContext): Task[] {
  const s = ctx.cluster.settings;
  if (s.dns_mode === 'none' || s.skydns_server === nthAddress(s.kube_service_addresses, 10)) return [];
  const port = (name: string, protocol: string, number: number) => ({ name, protocol, port: number, targetPort: number });
  return [
    manifest({
      id: 'dns/service',
      title: 'Let the cluster DNS answer at skydns_server',
      kubectl: kubectl(ctx.host.settings.bin_dir),
      content: stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'coredns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
        spec: {
          clusterIP: s.skydns_server,
          selector: { 'k8s-app': 'kube-dns' },
          ports: [port('dns', 'UDP', 53), port('dns-tcp', 'TCP', 53), port('metrics', 'TCP', 9153)],
        },
      }),
    }),
  ];
}

const PODS = 'k8s-app=kube-dns';

/**
 * CoreDNS, once the nodes are Ready: both of its pods would start on the first node that is Ready, and stay there.
 * Source: https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/high-availability/
 */
export const clusterDns: Role = {
  name: 'cluster-dns',
  tasks(ctx) {
    if (ctx.cluster.settings.dns_mode === 'none') return [];
    const install = command({
      id: 'dns/coredns',
      title: 'Install CoreDNS',
      check: sh`
        [ -s /etc/kubernetes/admin.conf ]
        [ ! -e ${DNS_PENDING} ]`,
      apply: sh`
        ${patiently(sh`${kubeadmOf(ctx.host)} init phase addon coredns --config ${KUBEADM_CONFIG}`)}
        rm -f ${DNS_PENDING}`,
    });
    return [...dnsService(ctx), install];
  },
};

export const clusterDnsReady: Role = {
  name: 'cluster-dns-ready',
  tasks(ctx) {
    const { settings } = ctx.cluster;
    // A later run would wait for what has been changed on purpose since.
    if (settings.dns_mode === 'none' || ctx.facts.isNode || !pluginOf(settings).makesNodesReady) return [];
    const k = kubectl(ctx.host.settings.bin_dir);
    return [
      waitFor({
        id: 'dns/ready',
        title: 'Wait until CoreDNS runs',
        until: sh`
          list=$(${k} --request-timeout=10s -n kube-system get deployments -l ${PODS} -o ${'jsonpath={range .items[*]}{.status.availableReplicas} of {.spec.replicas} replicas of {.metadata.name} run{"\\n"}{end}'})
          printf '%s\n' "$list"
          printf '%s\n' "$list" | awk 'NF { seen = 1 } $1 != $3 { less = 1 } END { exit less || !seen }'`,
        timeoutSec: 300,
        why: podsWhy(k, PODS),
        hopeless: podsHopeless(k, PODS),
        hint: '`kubectl -n kube-system describe pods -l k8s-app=kube-dns` says what they wait for',
      }),
    ];
  },
};
