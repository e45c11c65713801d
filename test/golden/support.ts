import { sampleCluster } from '../support/cluster.js';

/** The cluster of the golden files. */
export const GOLDEN_CLUSTER = sampleCluster({
  vars: {
    kube_version: '1.20.2',
    kube_network_plugin: 'static-routes',
    dns_mode: 'none',
    loadbalancer_apiserver_type: 'haproxy',
  },
});
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
const CSR = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----';
export const EXPORTS = {
  'm11-k8s': {
    'etcd-ca': PEM,
    'etcd-csr-member': CSR,
    'etcd-cert-m11-k8s-member': PEM,
    'ca-hash': `sha256:${'0'.repeat(64)}`,
    'pod-subnets':
      'm11-k8s 10.233.64.0/24\nm12-k8s 10.233.65.0/24\nm13-k8s 10.233.66.0/24\nw101-k8s 10.233.67.0/24\nw102-k8s 10.233.68.0/24\n',
  },
};

/** The hosts of the plays that name a role, by what is worth reading: the first one, another one, a worker. */
export const GOLDEN_HOSTS: Readonly<Record<string, readonly string[]>> = {
  os: ['m11-k8s'],
  containerd: ['m11-k8s', 'w101-k8s'],
  'etcd-certs': ['m11-k8s', 'm12-k8s'],
  'etcd-sign': ['m11-k8s'],
  etcd: ['m11-k8s', 'm12-k8s'],
  'api-watches': ['m11-k8s'],
  node: ['w101-k8s'],
  'control-plane': ['m11-k8s', 'm12-k8s'],
  'apiserver-lb': ['m11-k8s', 'w101-k8s'],
  worker: ['w101-k8s'],
  'pod-subnets': ['m11-k8s'],
  network: ['m11-k8s', 'w101-k8s'],
  client: ['m11-k8s'],
  nodes: ['m11-k8s'],
};
