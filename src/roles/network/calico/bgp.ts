import { stringify } from 'yaml';
import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { type Shell, sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import { kubectl, manifest } from '../../../tasks/manifest.js';
import { patiently } from '../../../tasks/patiently.js';
import type { Task } from '../../../tasks/task.js';
import { isNode, type RoleContext } from '../../role.js';
import { bgpConfiguration, bgpPeers, OURS, REFLECTOR_LABEL, reflectorsOf } from './objects.js';

const ANNOTATION = 'projectcalico.org/RouteReflectorClusterID';
const AS_ANNOTATION = 'projectcalico.org/ASNumber';
const BIRD = '/var/run/calico/bird.ctl';

/**
 * Who tells whom the routes. In a living cluster the new ways are there before the old ones go: peers, then one route reflector
 * after the other, each with its sessions up, then the mesh off (or on again), and only then what is no longer wanted.
 */
export function bgpTasks(ctx: RoleContext): Task[] {
  const { cluster } = ctx;
  if (cluster.settings.calico_network_backend !== 'bird') return [];
  const k = kubectl(ctx.host.settings.bin_dir);
  const peers = bgpPeers(cluster);
  const joined = cluster.hosts.filter((h) => isNode(h) && !ctx.droppedOut.has(h.name));
  return [
    ...(peers.length > 0
      ? [
          manifest({
            id: 'network/calico-peers',
            title: 'Name the BGP peers',
            kubectl: k,
            content: peers.map((p) => stringify(p)).join('---\n'),
          }),
        ]
      : []),
    ...joined.flatMap((h) => (cluster.settings.peer_with_router ? asNumber(k, cluster, h) : [])),
    ...joined.filter((h) => h.routeReflector).map((h) => reflector(k, h)),
    manifest({
      id: 'network/calico-bgp',
      title: 'Set the BGP configuration',
      kubectl: k,
      content: stringify(bgpConfiguration(cluster)),
    }),
    formerReflectors(k, cluster),
    formerPeers(
      k,
      peers.map((p) => p.metadata.name),
    ),
  ];
}

/** calico-node reads both from the node. Source: https://docs.tigera.io/calico/latest/networking/configuring/bgp */
function reflector(k: Shell, host: ClusterHost): Task {
  const id = host.settings.cluster_id ?? '';
  const patch = JSON.stringify({ metadata: { labels: { [REFLECTOR_LABEL]: 'true' }, annotations: { [ANNOTATION]: id } } });
  const now = sh`${k} get node ${host.name} -o ${`go-template={{index .metadata.labels "${REFLECTOR_LABEL}"}} {{index .metadata.annotations "${ANNOTATION}"}}`}`;
  return command({
    id: `network/calico-rr-${host.name}`,
    title: `Make ${host.name} a route reflector`,
    check: sh`[ "$(${now})" = ${`true ${id}`} ]`,
    apply: sh`
      ${k} patch node ${host.name} --type merge -p ${patch}
      # Where calico-node runs already, its sessions come back before the next one changes.
      pod=$(${k} -n kube-system get pods -l k8s-app=calico-node --field-selector ${`spec.nodeName=${host.name},status.phase=Running`} -o name)
      [ -n "$pod" ] || exit 0
      i=0
      until ${k} -n kube-system exec "$pod" -c calico-node -- birdcl -s ${BIRD} show protocols | grep -q '^Node_.* BGP .* Established'; do
        i=$((i + 1))
        [ $i -lt 60 ] || { echo ${`no BGP session of ${host.name} came up`} >&2; exit 1; }
        sleep 2
      done`,
    timeoutSec: 300,
    hint: 'Is TCP port 179 open between the nodes? `birdcl show protocols` in its calico-node says which peers answer',
  });
}

function asNumber(k: Shell, { settings }: Cluster, host: ClusterHost): Task[] {
  const own = host.settings.local_as;
  if (own === undefined || own === settings.global_as_num) return [];
  const now = sh`${k} get node ${host.name} -o ${`go-template={{index .metadata.annotations "${AS_ANNOTATION}"}}`}`;
  return [
    command({
      id: `network/calico-as-${host.name}`,
      title: `Give ${host.name} its AS number`,
      check: sh`[ "$(${now})" = ${own} ]`,
      apply: patiently(sh`${k} annotate --overwrite node ${host.name} ${`${AS_ANNOTATION}=${own}`}`),
    }),
  ];
}

/** Nodes that were route reflectors once. */
function formerReflectors(k: Shell, cluster: Cluster): Task {
  const wanted = reflectorsOf(cluster).map((h) => h.name);
  const former = sh`${k} get nodes -l ${REFLECTOR_LABEL} -o ${'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}'} | ${without(wanted)}`;
  return command({
    id: 'network/calico-former-rrs',
    title: 'Make former route reflectors plain peers',
    check: sh`
      former=$(${former})
      [ -z "$former" ]`,
    apply: sh`
      for n in $(${former}); do
        ${k} label node "$n" ${`${REFLECTOR_LABEL}-`}
        ${k} annotate node "$n" ${`${ANNOTATION}-`}
      done`,
    doneBy: ['network/calico-resources'],
  });
}

function formerPeers(k: Shell, wanted: readonly string[]): Task {
  const selector = Object.entries(OURS).map(([name, value]) => `${name}=${value}`);
  const former = sh`${k} get bgppeers.crd.projectcalico.org -l ${selector.join(',')} -o ${'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}'} | ${without(wanted)}`;
  return command({
    id: 'network/calico-former-peers',
    title: 'Remove BGP peers that are not wanted any more',
    check: sh`
      former=$(${former})
      [ -z "$former" ]`,
    apply: sh`for p in $(${former}); do ${k} delete bgppeers.crd.projectcalico.org "$p"; done`,
    doneBy: ['network/calico-resources'],
  });
}

/** Lines other than these names. */
function without(names: readonly string[]): Shell {
  const skipped = names.map((n) => `-e${n}`);
  return skipped.length > 0 ? sh`{ grep -vxF ${skipped} || [ $? -eq 1 ]; }` : sh`cat`;
}
