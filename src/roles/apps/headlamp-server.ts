import { type Shell, sh } from '../../shell/shell.js';
import type { RoleContext } from '../role.js';
import type { KubeObject } from './addon.js';

export const NAMESPACE = 'kube-system';
/** That it listens on. */
export const PORT = 4466;
/** What it calls the cluster that it is in, in its paths: without it the name depends on how it logs in. */
const CLUSTER = 'main';
const RBAC = 'rbac.authorization.k8s.io';

interface Server {
  /** Of the Deployment, its service account and the `k8s-app` label of its pods. */
  readonly name: string;
  readonly image: string;
  /** Besides those of the image's entry point and of being in a cluster. */
  readonly args: readonly string[];
  /** Fields of its pods, in place of ours. */
  readonly pod?: Readonly<Record<string, unknown>>;
}

/** Headlamp as a Deployment. Source: https://github.com/kubernetes-sigs/headlamp (charts/headlamp: values.yaml, templates/deployment.yaml) */
export function headlampServer(ctx: RoleContext, s: Server): KubeObject {
  const labels = { 'k8s-app': s.name };
  const probe = {
    httpGet: { path: '/', port: 'http', scheme: 'HTTP' },
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 3,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: s.name, namespace: NAMESPACE },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: s.name,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          // A cluster of control planes alone has no other place for it.
          tolerations: ctx.cluster.versions.controlPlaneTaints.map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' })),
          ...s.pod,
          containers: [
            {
              name: s.name,
              image: s.image,
              imagePullPolicy: 'IfNotPresent',
              args: ['-in-cluster', `-in-cluster-context-name=${CLUSTER}`, ...s.args],
              ports: [{ name: 'http', containerPort: PORT, protocol: 'TCP' }],
              livenessProbe: { ...probe, initialDelaySeconds: 10 },
              readinessProbe: probe,
              resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '512Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                readOnlyRootFilesystem: true,
                runAsNonRoot: true,
                runAsUser: 100,
                runAsGroup: 101,
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

export function serviceAccount(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: NAMESPACE } };
}

export function clusterRoleBinding(name: string, account: string, role: string): KubeObject {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }],
  };
}

/** That both halves answer through the API server: the page, and what the server says of the cluster that it is in. @param path of the proxy. */
export function serves(k: Shell, path: string): Shell {
  return sh`
    page=$(${k} --request-timeout=10s get --raw ${`${path}/`} 2>&1) || { echo "the API server does not reach it: $page"; exit 1; }
    case $page in *'id="root"'*) ;; *) echo 'it serves no page'; exit 1 ;; esac
    config=$(${k} --request-timeout=10s get --raw ${`${path}/config`} 2>&1) || { echo "it does not answer: $config"; exit 1; }
    case $config in *${`"name":"${CLUSTER}"`}*) ;; *) echo "it does not know its cluster: $config"; exit 1 ;; esac`;
}
