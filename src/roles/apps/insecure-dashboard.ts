import { INSECURE_PORT, isPublic, labNetworks, publicHosts } from '../../cluster/dashboard/insecure-lab.js';
import { type Shell, sh } from '../../shell/shell.js';
import type { Role, RoleContext } from '../role.js';
import { type Addon, addonRole, type KubeObject } from './addon.js';
import { clusterRoleBinding, headlampServer, NAMESPACE, PORT, serviceAccount } from './headlamp-server.js';

/** Its Service, in kube-system. */
export const INSECURE_DASHBOARD = 'dashboard-insecure-lab';

/**
 * Headlamp in which all are administrators, for labs. Its pod runs on the first control plane, and the node port is answered there alone:
 * only then (`externalTrafficPolicy: Local`) does the policy see who asks, and not a node.
 * Source: https://github.com/kubernetes-sigs/headlamp (charts/headlamp/README.md: unsafeUseServiceAccountToken)
 */
const addon: Addon = {
  name: INSECURE_DASHBOARD,
  neverBundled: true,
  objects: (ctx, image) => [
    serviceAccount(INSECURE_DASHBOARD),
    clusterRoleBinding(INSECURE_DASHBOARD, INSECURE_DASHBOARD, 'cluster-admin'),
    // Before the port is open.
    policy(ctx),
    headlampServer(ctx, {
      name: INSECURE_DASHBOARD,
      image,
      args: ['-unsafe-use-service-account-token'],
      pod: { nodeSelector: { 'kubernetes.io/hostname': ctx.host.name } },
    }),
    service(),
  ],
  works: (k, ctx) => answers(k, ctx.host.ip),
};

const role = addonRole(addon);

export const insecureDashboard: Role = {
  ...role,
  gate({ cluster, allFacts }) {
    if (!cluster.settings.dashboard_insecure_lab) return [];
    const open = cluster.hosts.filter((h) => allFacts.get(h.name)?.addresses.some(isPublic)).map((h) => h.name);
    return open.length === 0 ? [] : [publicHosts(open)];
  },
};

function policy(ctx: RoleContext): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: INSECURE_DASHBOARD, namespace: NAMESPACE },
    spec: {
      podSelector: { matchLabels: { 'k8s-app': INSECURE_DASHBOARD } },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: labNetworks(ctx.cluster).map((cidr) => ({ ipBlock: { cidr } })),
          ports: [{ protocol: 'TCP', port: PORT }],
        },
      ],
    },
  };
}

function service(): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: INSECURE_DASHBOARD, namespace: NAMESPACE },
    spec: {
      type: 'NodePort',
      externalTrafficPolicy: 'Local',
      selector: { 'k8s-app': INSECURE_DASHBOARD },
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http', nodePort: INSECURE_PORT }],
    },
  };
}

/** That the cluster's version comes back without any credentials. */
function answers(k: Shell, address: string): Shell {
  return sh`
    said=$(${k} --kubeconfig=/dev/null --server=${`http://${address}:${INSECURE_PORT}`} --request-timeout=10s get --raw /clusters/main/version 2>&1) ||
      { echo "port ${INSECURE_PORT} does not answer: $said"; exit 1; }
    case $said in *gitVersion*) ;; *) echo "port ${INSECURE_PORT} answers: $said"; exit 1 ;; esac`;
}
