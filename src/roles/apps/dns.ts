import { stringify } from 'yaml';
import { nthAddress } from '../../base/net/ipv4.js';
import { kubectl, manifest } from '../../tasks/manifest.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';

/**
 * A second Service of CoreDNS at `skydns_server`, which the kubelets give to pods. kubeadm's own always has the tenth
 * service address; kubespray's users expect the third.
 */
export function dnsService(ctx: RoleContext): Task[] {
  const s = ctx.cluster.settings;
  if (s.dns_mode === 'none' || s.skydns_server === nthAddress(s.kube_service_addresses, 10)) return [];
  const port = (name: string, protocol: string, number: number) => ({ name, protocol, port: number, targetPort: number });
  return [
    manifest({
      id: 'control-plane/dns-service',
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
