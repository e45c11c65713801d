import { PORTS } from '../programs/serve.js';

/** A label on everything that verify makes; its namespaces are found by it. */
export const LABEL = 'kubewright.io/verify';
/** When a namespace may be removed by any run; seconds since the epoch. */
export const EXPIRES = 'kubewright.io/expires';
/** The Service of all pods. */
export const SERVICE = 'pods';

const META = { [LABEL]: 'pods', 'app.kubernetes.io/managed-by': 'kubewright' };
const POD_PORTS = [
  { name: 'echo', protocol: 'UDP', port: PORTS.echo },
  { name: 'name', protocol: 'TCP', port: PORTS.name },
];

export interface PodPlan {
  readonly node: string;
  readonly name: string;
  readonly image: string;
}

export function namespaceObject(name: string, expires: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: META, annotations: { [EXPIRES]: String(expires) } },
  };
}

/**
 * A sleeping pod on each node, past every taint, and a Service of all of them. The pods meet the strictest Pod Security
 * Standard, so that admission rules let them through, and an account of their own, which need not be waited for.
 */
export function podObjects(namespace: string, pods: readonly PodPlan[], ttlSec: number): object[] {
  const account = 'verify';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace, labels: META } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: SERVICE, namespace, labels: META },
      spec: { selector: META, ports: [{ name: 'name', protocol: 'TCP', port: 80, targetPort: PORTS.name }] },
    },
    ...pods.map((p) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: p.name, namespace, labels: META },
      spec: {
        nodeName: p.node,
        serviceAccountName: account,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 0,
        activeDeadlineSeconds: ttlSec,
        restartPolicy: 'Always',
        tolerations: [{ operator: 'Exists' }],
        securityContext: { runAsNonRoot: true, runAsUser: 65_535, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'sleep',
            image: p.image,
            imagePullPolicy: 'IfNotPresent',
            resources: { requests: { cpu: '1m', memory: '4Mi' } },
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    })),
  ];
}

/** Blocks one port of every pod, and lets through the others from pods of this namespace. */
export function policyObject(namespace: string): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'pods', namespace, labels: META },
    spec: {
      podSelector: { matchLabels: META },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ podSelector: { matchLabels: META } }],
          ports: [...POD_PORTS, { protocol: 'TCP', port: PORTS.allowed }].map(({ protocol, port }) => ({ protocol, port })),
        },
      ],
    },
  };
}

/** Several objects as one text for kubectl. */
export function listOf(objects: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
}
