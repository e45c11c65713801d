import { sh } from '../../shell/shell.js';
import type { RoleContext } from '../role.js';
import { type Addon, addonRole, type KubeObject } from './addon.js';

const NAME = 'metrics-server';
const NAMESPACE = 'kube-system';
const API = 'v1beta1.metrics.k8s.io';
const PORT = 10250;
const RBAC = 'rbac.authorization.k8s.io';
/** Also how long until a new pod or node has its first numbers. */
const RESOLUTION = '15s';

/**
 * CPU and memory of nodes and pods, for `kubectl top` and the horizontal autoscaler.
 * Source: https://github.com/kubernetes-sigs/metrics-server (README, manifests/base)
 */
const addon: Addon = {
  name: NAME,
  objects: (ctx, image) => [...access(), server(ctx, image), service(), api()],
  works: (k) => sh`
    api=$(${k} --request-timeout=10s get apiservice ${API} -o ${'jsonpath={.status.conditions[?(@.type=="Available")].status} {.status.conditions[?(@.type=="Available")].message}'})
    case $api in 'True '*) ;; *) echo "the API server does not reach the metrics API: \${api#False }"; exit 1 ;; esac
    top=$(${k} --request-timeout=10s top nodes --no-headers 2>&1) || { echo "kubectl top nodes: $top"; exit 1; }
    case $top in *%*) ;; *) echo "kubectl top nodes: $top"; exit 1 ;; esac`,
};

export const metricsServer = addonRole(addon);

function access(): KubeObject[] {
  const account = [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }];
  const rights = (name: string, labels: Readonly<Record<string, string>>, rules: readonly unknown[]): KubeObject => {
    return { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name, labels }, rules };
  };
  const bound = (name: string, role: string): KubeObject => ({
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
    subjects: account,
  });
  const read = ['get', 'list', 'watch'];
  const everybody = Object.fromEntries(['view', 'edit', 'admin'].map((role) => [`${RBAC}/aggregate-to-${role}`, 'true']));
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace: NAMESPACE } },
    rights('system:aggregated-metrics-reader', everybody, [
      { apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: read },
    ]),
    rights('system:metrics-server', {}, [
      { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods', 'nodes'], verbs: read },
    ]),
    bound('system:metrics-server', 'system:metrics-server'),
    bound('metrics-server:system:auth-delegator', 'system:auth-delegator'),
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'metrics-server-auth-reader', namespace: NAMESPACE },
      roleRef: { apiGroup: RBAC, kind: 'Role', name: 'extension-apiserver-authentication-reader' },
      subjects: account,
    },
  ];
}

function server(ctx: RoleContext, image: string): KubeObject {
  const labels = { 'k8s-app': NAME };
  const probe = (path: string) => ({ httpGet: { path, port: 'https', scheme: 'HTTPS' }, periodSeconds: 10, failureThreshold: 3 });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: {
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: NAME,
          priorityClassName: 'system-cluster-critical',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          // A cluster of control planes alone has no other place for it.
          tolerations: ctx.cluster.versions.controlPlaneTaints.map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' })),
          containers: [
            {
              name: NAME,
              image,
              imagePullPolicy: 'IfNotPresent',
              args: [
                '--cert-dir=/tmp',
                `--secure-port=${PORT}`,
                '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
                '--kubelet-use-node-status-port',
                `--metric-resolution=${RESOLUTION}`,
                ...(ctx.cluster.settings.metrics_server_kubelet_insecure_tls ? ['--kubelet-insecure-tls'] : []),
              ],
              ports: [{ name: 'https', containerPort: PORT, protocol: 'TCP' }],
              livenessProbe: probe('/livez'),
              readinessProbe: { ...probe('/readyz'), initialDelaySeconds: 20 },
              resources: { requests: { cpu: '100m', memory: '200Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                readOnlyRootFilesystem: true,
                runAsNonRoot: true,
                runAsUser: 1000,
                seccompProfile: { type: 'RuntimeDefault' },
              },
              volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
            },
          ],
          volumes: [{ name: 'tmp', emptyDir: {} }],
        },
      },
    },
  };
}

function service(): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: {
      selector: { 'k8s-app': NAME },
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 'https', appProtocol: 'https' }],
    },
  };
}

/** The last to be made and the first to go: without its Service the API server would answer slowly and delete no namespace. */
function api(): KubeObject {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: API },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      // Its certificate is one that it makes for itself when it starts.
      insecureSkipTLSVerify: true,
      service: { name: NAME, namespace: NAMESPACE },
    },
  };
}
