import { stringify } from 'yaml';
import type { Cluster } from '../../cluster/cluster.js';
import { sh } from '../../shell/shell.js';
import { install } from '../../tasks/artifact.js';
import { command, waitFor } from '../../tasks/command.js';
import { directories, file, sha256 } from '../../tasks/file.js';
import { kubectl } from '../../tasks/manifest.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';
import { podsHopeless, podsWhy } from '../why.js';
import type { NetworkPlugin } from './plugin.js';

const DIR = '/etc/kubernetes/calico';

export const calico: NetworkPlugin = {
  name: 'calico',
  components: ['calico-manifest'],
  settings: [
    'bin_dir',
    'calico_ipip_mode',
    'calico_mtu',
    'calico_network_backend',
    'calico_pool_blocksize',
    'calico_vxlan_mode',
    'kube_pods_subnet',
    'nat_outgoing',
  ],
  needsPodSubnets: false,
  makesNodesReady: true,
  tasks: calicoTasks,
};

/**
 * The project's own manifest, patched by kustomize before it is applied: the pool is made when calico-node first starts and would
 * keep a wrong encapsulation.
 * Source: https://docs.tigera.io/calico/latest/getting-started/kubernetes/self-managed-onprem/config-options
 */
function calicoTasks(ctx: RoleContext): Task[] {
  if (ctx.host !== ctx.cluster.controlPlane[0]) return [];
  const manifest = ctx.artifacts.file('calico-manifest');
  const kustomization = stringify({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['calico.yaml'],
    patchesStrategicMerge: ['patch.yaml'],
  });
  const patch = calicoPatch(ctx.cluster);
  const k = kubectl(ctx.host.settings.bin_dir);
  const stamp = `${manifest.sha256} ${sha256(kustomization + patch)}`;
  return [
    directories({ id: 'network/calico-directory', title: "Make the folder of Calico's manifest", paths: [DIR] }),
    install({
      id: 'network/calico-manifest',
      title: "Fetch Calico's manifest",
      artifact: manifest,
      dir: DIR,
      files: ['calico.yaml'],
    }),
    file({
      id: 'network/calico-kustomization',
      title: "Write the kustomization of Calico's manifest",
      path: `${DIR}/kustomization.yaml`,
      content: kustomization,
    }),
    file({ id: 'network/calico-patch', title: "Write Calico's settings", path: `${DIR}/patch.yaml`, content: patch }),
    command({
      id: 'network/calico',
      title: 'Apply Calico',
      check: sh`
        [ "$(cat ${`${DIR}/applied`})" = ${stamp} ]
        ${k} -n kube-system get daemonset calico-node -o name >/dev/null`,
      apply: sh`
        ${k} apply -k ${DIR}
        echo ${stamp} > ${`${DIR}/applied`}`,
      hint: "`kubectl -n kube-system get pods -l k8s-app=calico-node -o wide` shows where Calico doesn't start",
    }),
    waitFor({
      id: 'network/calico-rollout',
      title: 'Wait until Calico runs on every node',
      until: sh`${k} -n kube-system rollout status daemonset/calico-node --timeout=5s 2>&1`,
      timeoutSec: 600,
      why: podsWhy(k, 'k8s-app=calico-node'),
      hopeless: podsHopeless(k, 'k8s-app=calico-node'),
      hint: 'Can the nodes pull from quay.io (or your mirror)? `kubectl -n kube-system describe pod -l k8s-app=calico-node`',
    }),
  ];
}

/** Strategic merge patches: environment variables merge by name, so the rest of the manifest stays as it came. */
function calicoPatch(cluster: Cluster): string {
  const s = cluster.settings;
  const bird = s.calico_network_backend === 'bird';
  const env: Record<string, string> = {
    CALICO_IPV4POOL_CIDR: s.kube_pods_subnet,
    CALICO_IPV4POOL_BLOCK_SIZE: String(s.calico_pool_blocksize),
    CALICO_IPV4POOL_IPIP: s.calico_ipip_mode,
    CALICO_IPV4POOL_VXLAN: s.calico_vxlan_mode,
    CALICO_IPV4POOL_NAT_OUTGOING: String(s.nat_outgoing),
    CLUSTER_TYPE: bird ? 'k8s,bgp' : 'k8s',
    // Kubernetes knows the address that the operator chose (`ip`); detection by interface would guess.
    IP_AUTODETECTION_METHOD: 'kubernetes-internal-ip',
  };
  const probe = (kind: 'live' | 'ready'): unknown => ({
    exec: { command: ['/bin/calico-node', `-felix-${kind}`, ...(bird ? [`-bird-${kind}`] : [])] },
  });
  const documents = [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'calico-config', namespace: 'kube-system' },
      data: { calico_backend: s.calico_network_backend, veth_mtu: String(s.calico_mtu ?? 0) },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'calico-node', namespace: 'kube-system' },
      spec: {
        template: {
          metadata: { annotations: { 'kubewright/config': sha256(JSON.stringify(env)) } },
          spec: {
            containers: [
              {
                name: 'calico-node',
                env: Object.entries(env).map(([name, value]) => ({ name, value })),
                livenessProbe: probe('live'),
                readinessProbe: probe('ready'),
              },
            ],
          },
        },
      },
    },
  ];
  return documents.map((d) => stringify(d)).join('---\n');
}
