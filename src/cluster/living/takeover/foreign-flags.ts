import { parse } from 'yaml';
import type { StaticPod } from '../../../facts/living/living-facts.js';
import type { ClusterSettings } from '../../settings.js';

/** Components of the control plane whose manifests kubeadm writes. */
export type Component = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';

/** Where the inventory has more arguments of a component. */
export const EXTRA_ARGS: Readonly<Record<Component, keyof ClusterSettings & `kube_kubeadm_${string}`>> = {
  'kube-apiserver': 'kube_kubeadm_apiserver_extra_args',
  'kube-controller-manager': 'kube_kubeadm_controller_extra_args',
  'kube-scheduler': 'kube_kubeadm_scheduler_extra_args',
};

/** An argument that a component runs with and that manifests of ours would not have, or have otherwise. */
export interface ForeignFlag {
  readonly component: Component;
  readonly flag: string;
  readonly value: string;
  /** The value names a file or directory that kubeadm does not mount: an argument alone cannot keep it. */
  readonly needsFile: boolean;
}

/**
 * What kubeadm itself writes; a text: always this value.
 * Source: https://github.com/kubernetes/kubernetes/blob/master/cmd/kubeadm/app/phases/controlplane/manifests.go
 */
const KUBEADM: Readonly<Record<Component, Readonly<Record<string, string | true>>>> = {
  'kube-apiserver': {
    'advertise-address': true,
    'allow-privileged': 'true',
    'authorization-mode': 'Node,RBAC',
    'client-ca-file': true,
    'enable-admission-plugins': 'NodeRestriction',
    'enable-bootstrap-token-auth': 'true',
    'etcd-cafile': true,
    'etcd-certfile': true,
    'etcd-keyfile': true,
    'etcd-servers': true,
    'insecure-port': '0',
    'kubelet-client-certificate': true,
    'kubelet-client-key': true,
    'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
    'proxy-client-cert-file': true,
    'proxy-client-key-file': true,
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-client-ca-file': true,
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-username-headers': 'X-Remote-User',
    'secure-port': true,
    'service-account-issuer': true,
    'service-account-key-file': true,
    'service-account-signing-key-file': true,
    'service-cluster-ip-range': true,
    'tls-cert-file': true,
    'tls-private-key-file': true,
    // Ours, from a setting, and always the same.
    'service-node-port-range': true,
    'endpoint-reconciler-type': 'lease',
  },
  'kube-controller-manager': {
    'allocate-node-cidrs': 'true',
    'authentication-kubeconfig': true,
    'authorization-kubeconfig': true,
    'bind-address': '127.0.0.1',
    'client-ca-file': true,
    'cluster-cidr': true,
    'cluster-name': true,
    'cluster-signing-cert-file': true,
    'cluster-signing-key-file': true,
    controllers: '*,bootstrapsigner,tokencleaner',
    kubeconfig: true,
    'leader-elect': 'true',
    port: '0',
    'requestheader-client-ca-file': true,
    'root-ca-file': true,
    'service-account-private-key-file': true,
    'service-cluster-ip-range': true,
    'use-service-account-credentials': 'true',
    'node-cidr-mask-size': true,
    // The same setting, as kubespray gives it: together with ours the controller manager refuses to start.
    'node-cidr-mask-size-ipv4': true,
  },
  'kube-scheduler': {
    'authentication-kubeconfig': true,
    'authorization-kubeconfig': true,
    'bind-address': '127.0.0.1',
    kubeconfig: true,
    'leader-elect': 'true',
    port: '0',
  },
};

/** Everything about the pods of a host that neither kubeadm nor the inventory says. */
export function foreignFlags(
  pods: Readonly<Record<string, StaticPod>>,
  wanted: Pick<ClusterSettings, (typeof EXTRA_ARGS)[Component] | 'cluster_name'>,
): ForeignFlag[] {
  return (Object.keys(KUBEADM) as Component[]).flatMap((component) => {
    const args = pods[component]?.args ?? {};
    const extra = wanted[EXTRA_ARGS[component]] as Readonly<Record<string, string>>;
    return Object.entries(args).flatMap(([flag, value]): ForeignFlag[] => {
      const usual =
        component === 'kube-apiserver' && flag === 'service-account-issuer' ? issuer(wanted) : KUBEADM[component][flag];
      const same = Object.hasOwn(extra, flag) ? String(extra[flag]) === value : usual === true || usual === value;
      if (flag === 'config' && saysNothing(pods[component]?.config)) return [];
      return same ? [] : [{ component, flag, value, needsFile: namesFile(value) }];
    });
  });
}

/** Fields of a KubeSchedulerConfiguration, each with what the scheduler has without it; true: any. */
const SCHEDULER: Readonly<Record<string, true | Readonly<Record<string, unknown>>>> = {
  apiVersion: true,
  kind: true,
  clientConnection: { kubeconfig: true },
  leaderElection: { leaderElect: true, leaseDuration: '15s', renewDeadline: '10s', retryPeriod: '2s' },
};

/**
 * Whether the scheduler is the same without its file, as with the one that kubespray writes everywhere.
 * Source: https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/
 */
function saysNothing(text: string | undefined): boolean {
  if (text === undefined) return false;
  const fields = (value: unknown): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [['', value]];
  try {
    return fields(parse(text)).every(([name, value]) => {
      const usual = SCHEDULER[name];
      if (usual === undefined || usual === true) return usual === true;
      return fields(value).every(
        ([field, v]) => field !== '' && (usual[field] === v || (field === 'kubeconfig' && name === 'clientConnection')),
      );
    });
  } catch {
    return false;
  }
}

/** Source: https://github.com/kubernetes/kubernetes/blob/master/cmd/kubeadm/app/phases/controlplane/manifests.go */
function issuer(wanted: Pick<ClusterSettings, 'cluster_name'>): string {
  return `https://kubernetes.default.svc.${wanted.cluster_name}`;
}

/** kubeadm mounts /etc/kubernetes/pki and the certificates of the system. */
function namesFile(value: string): boolean {
  return value.startsWith('/') && !/^\/etc\/(kubernetes\/pki|ssl\/certs)\//.test(value);
}
