import { type Addon, addonRole, type KubeObject } from './addon.js';
import { clusterRoleBinding, headlampServer, NAMESPACE, serves, serviceAccount } from './headlamp-server.js';

const NAME = 'headlamp';
const RBAC = 'rbac.authorization.k8s.io';

/**
 * A dashboard that shows to each user what their token may see. Itself it may do nothing.
 * Source: https://github.com/kubernetes-sigs/headlamp (kubernetes-headlamp.yaml, charts/headlamp)
 */
const addon: Addon = {
  name: NAME,
  neverBundled: true,
  objects: (ctx, image) => [...accounts(), headlampServer(ctx, { name: NAME, image, args: [] }), service()],
  works: (k) => serves(k, `/api/v1/namespaces/${NAMESPACE}/services/${NAME}:http/proxy`),
};

export const headlamp = addonRole(addon);

/** The pod's own, and those that `kubewright dashboard` gets tokens for: there are none until then. */
function accounts(): KubeObject[] {
  const read = ['get', 'list', 'watch'];
  return [
    serviceAccount(NAME),
    serviceAccount('headlamp-view'),
    // `view` is about namespaces; this is what a dashboard shows besides, without secrets.
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'headlamp-view' },
      rules: [
        { apiGroups: [''], resources: ['nodes', 'persistentvolumes'], verbs: read },
        { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: read },
        { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: read },
        { apiGroups: [RBAC], resources: ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'], verbs: read },
        { apiGroups: ['networking.k8s.io'], resources: ['ingressclasses'], verbs: read },
        { apiGroups: ['scheduling.k8s.io'], resources: ['priorityclasses'], verbs: read },
        { apiGroups: ['node.k8s.io'], resources: ['runtimeclasses'], verbs: read },
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: read },
        { apiGroups: ['metrics.k8s.io'], resources: ['nodes', 'pods'], verbs: read },
      ],
    },
    clusterRoleBinding('headlamp-view', 'headlamp-view', 'view'),
    clusterRoleBinding('headlamp-view-cluster', 'headlamp-view', 'headlamp-view'),
    serviceAccount('headlamp-admin'),
    clusterRoleBinding('headlamp-admin', 'headlamp-admin', 'cluster-admin'),
  ];
}

function service(): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: { selector: { 'k8s-app': NAME }, ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }] },
  };
}
