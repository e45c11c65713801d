import { stringify } from 'yaml';
import { InputError } from '../../../base/errors.js';
import type { ClusterSettings } from '../../../cluster/settings.js';
import { sh } from '../../../shell/shell.js';
import { install } from '../../../tasks/artifact.js';
import { command } from '../../../tasks/command.js';
import { directories, file, sha256 } from '../../../tasks/file.js';
import type { KernelModule } from '../../../tasks/kernel.js';
import { kubectl } from '../../../tasks/manifest.js';
import { patiently } from '../../../tasks/patiently.js';
import type { Task } from '../../../tasks/task.js';
import { isNew, isNode, type RoleContext } from '../../role.js';
import type { NetworkPlugin } from '../plugin.js';
import { bgpTasks } from './bgp.js';
import { baseManifest, kustomizationFiles } from './kustomization.js';
import { bgpPeers, poolObject } from './objects.js';
import { arrivalTask, firstRolloutTask, rolloutTasks } from './rollout.js';

const DIR = '/etc/kubernetes/calico';
/** More nodes than this, and their watches weigh on the API. Source: the comments of the project's manifest. */
const TYPHA_ABOVE = 50;

export const calico: NetworkPlugin = {
  name: 'calico',
  components: ['calico-manifest'],
  settings: [
    'bin_dir',
    'calico_advertise_cluster_ips',
    'calico_advertise_service_external_ips',
    'calico_advertise_service_loadbalancer_ips',
    'calico_felix_mtu_iface_pattern',
    'calico_ip_auto_method',
    'calico_ipip_mode',
    'calico_iptables_backend',
    'calico_loglevel',
    'calico_mtu',
    'calico_network_backend',
    'calico_pool_blocksize',
    'calico_pool_cidr',
    'calico_pool_name',
    'calico_veth_mtu',
    'calico_vxlan_mode',
    'calico_wireguard_enabled',
    'cluster_id',
    'docker_image_repo',
    'global_as_num',
    'kube_apiserver_node_port_range',
    'kube_pods_subnet',
    'kube_proxy_mode',
    'kube_service_addresses',
    'local_as',
    'nat_outgoing',
    'peer_with_router',
    'peers',
    'quay_image_repo',
    'typha_enabled',
    'typha_replicas',
  ],
  needsPodSubnets: false,
  makesNodesReady: true,
  modules,
  traffic,
  interfaces: ['cali*', 'tunl*', 'vxlan.calico', 'wireguard.cali'],
  earlyTasks,
  tasks: calicoTasks,
  lastTasks,
};

/** What Felix's rules and tunnels need of the kernel. */
function modules(s: ClusterSettings): KernelModule[] {
  return [
    { name: 'ip_set' },
    { name: 'xt_set', traceless: true },
    ...(s.calico_vxlan_mode === 'Never' ? [] : [{ name: 'vxlan' }]),
    ...(s.calico_ipip_mode === 'Never' ? [] : [{ name: 'ipip' }]),
    ...(s.calico_wireguard_enabled ? [{ name: 'wireguard' }] : []),
  ];
}

/** Source: https://docs.tigera.io/calico/latest/getting-started/kubernetes/requirements#network-requirements */
function traffic(s: ClusterSettings): string[] {
  return [
    ...(s.calico_vxlan_mode === 'Never' ? [] : ['VXLAN (4789/udp)']),
    ...(s.calico_ipip_mode === 'Never' ? [] : ['IP-in-IP (IP protocol 4)']),
    ...(s.calico_network_backend === 'bird' ? ['BGP (179)'] : []),
    ...(s.calico_wireguard_enabled ? ['WireGuard (51820/udp)'] : []),
    ...(s.typha_enabled === false ? [] : ['Typha (5473)']),
  ];
}

/**
 * The project's own manifest, adapted by kustomize before it is applied. Before that its resources are defined and the pool is
 * made: calico-node would make one by its own defaults and keep it.
 * Source: https://docs.tigera.io/calico/latest/getting-started/kubernetes/self-managed-onprem/config-options
 */
function calicoTasks(ctx: RoleContext): Task[] {
  if (ctx.host !== ctx.cluster.controlPlane[0]) return [];
  if (isNew(ctx)) return [...applied(ctx), arrivalTask(ctx)];
  return [...applied(ctx), ...rolloutTasks(ctx), ...(usesTypha(ctx) ? [] : [withoutTypha(ctx)])];
}

function lastTasks(ctx: RoleContext): Task[] {
  return isNew(ctx) ? [firstRolloutTask(ctx)] : [];
}

/** Peers and AS numbers are about nodes that are there. */
function earlyTasks(ctx: RoleContext): Task[] {
  if (bgpPeers(ctx.cluster).length > 0 || ctx.cluster.settings.peer_with_router) return [];
  return applied(ctx);
}

function applied(ctx: RoleContext): Task[] {
  const manifest = ctx.artifacts.file('calico-manifest');
  const typha = usesTypha(ctx);
  const base = baseManifest(typha);
  const files = kustomizationFiles({ cluster: ctx.cluster, typha, mirrored: !ctx.artifacts.offline });
  const k = kubectl(ctx.host.settings.bin_dir);
  const stamp = `${manifest.sha256} ${sha256(Object.values(files).join(''))}`;
  return [
    directories({ id: 'network/calico-directory', title: "Make the directory of Calico's manifest", paths: [DIR] }),
    install({
      id: 'network/calico-manifest',
      title: "Fetch Calico's manifest",
      artifact: manifest,
      dir: DIR,
      files: [base],
    }),
    ...Object.entries(files).map(([name, content]) =>
      file({
        id: `network/calico-${name.replace('.yaml', '')}`,
        title: `Write ${name} of Calico's kustomization`,
        path: `${DIR}/${name}`,
        content,
      }),
    ),
    resources(ctx, `${DIR}/${base}`, manifest.sha256),
    pool(ctx),
    ...bgpTasks(ctx),
    command({
      id: 'network/calico',
      title: 'Apply Calico',
      check: sh`
        [ "$(cat ${`${DIR}/applied`})" = ${stamp} ]
        ${k} -n kube-system get daemonset calico-node -o name >/dev/null`,
      apply: sh`
        ${patiently(sh`${k} apply -k ${DIR}`)}
        echo ${stamp} > ${`${DIR}/applied`}`,
      hint: "`kubectl -n kube-system get pods -l k8s-app=calico-node -o wide` shows where Calico doesn't start",
    }),
  ];
}

/** @throws InputError when it is asked for and the bundle does not have it. */
function usesTypha(ctx: RoleContext): boolean {
  const wanted = ctx.cluster.settings.typha_enabled;
  const there = !ctx.artifacts.offline || ctx.artifacts.images.some((i) => i.ref.includes('/typha:'));
  if (wanted && !there) {
    throw new InputError({
      what: 'typha_enabled is true and the bundle has no Typha',
      where: ctx.host.name,
      why: 'Nothing is pulled when a bundle is used',
      fix: 'Remove typha_enabled, or install without a bundle',
    });
  }
  return wanted ?? (there && ctx.cluster.hosts.filter(isNode).length > TYPHA_ABOVE);
}

/** Kinds that are used before the manifest is applied, which defines all of them. */
const EARLY_KINDS = ['ippools', 'bgpconfigurations', 'bgppeers'];
/** awk: their definitions among a manifest's documents. */
const EARLY_CRDS = `BEGIN { RS = "\\n---\\n" }
/(^|\\n)kind: CustomResourceDefinition\\n/ && /\\n  name: (${EARLY_KINDS.join('|')})\\.crd\\.projectcalico\\.org\\n/ { print "---"; print }`;

/** The pool's kind must be known before it can be made. */
function resources(ctx: RoleContext, path: string, sha: string): Task {
  const k = kubectl(ctx.host.settings.bin_dir);
  const stamp = `${DIR}/resources`;
  const kinds = EARLY_KINDS.map((kind) => `crd/${kind}.crd.projectcalico.org`);
  return command({
    id: 'network/calico-resources',
    title: "Define Calico's resources",
    check: sh`
      [ "$(cat ${stamp})" = ${sha} ]
      ${k} get ${kinds} -o name >/dev/null`,
    apply: sh`
      ${patiently(sh`awk ${EARLY_CRDS} ${path} | ${k} apply -f -`)}
      ${patiently(sh`${k} wait --for=condition=Established --timeout=60s ${kinds}`)}
      echo ${sha} > ${stamp}`,
  });
}

/** Only where there is none: another one would be one too many for the pods that have addresses of the first. */
function pool(ctx: RoleContext): Task {
  const k = kubectl(ctx.host.settings.bin_dir);
  const object = poolObject(ctx.cluster);
  const content = stringify(object);
  const { name } = object.metadata;
  return command({
    id: 'network/calico-pool',
    title: "Make Calico's address pool",
    check: sh`
      pools=$(${k} get ippools.crd.projectcalico.org -o name)
      [ -n "$pools" ]`,
    // It may be there though its creation was not answered.
    apply: patiently(sh`printf '%s' ${content} | ${k} create -f - || ${k} get ippools.crd.projectcalico.org ${name} -o name`),
    diff: sh`printf '%s' ${content}`,
  });
}

function withoutTypha(ctx: RoleContext): Task {
  const k = kubectl(ctx.host.settings.bin_dir);
  const kinds = 'deployment,service,poddisruptionbudget';
  return command({
    id: 'network/calico-no-typha',
    title: 'Remove Typha, which no node uses any more',
    check: sh`
      left=$(${k} -n kube-system get ${kinds} -l k8s-app=calico-typha -o name)
      [ -z "$left" ]`,
    apply: sh`${k} -n kube-system delete ${kinds} -l k8s-app=calico-typha`,
    doneBy: ['network/calico-resources'],
  });
}
