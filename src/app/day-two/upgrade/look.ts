import type { Cluster, ClusterHost } from '../../../cluster/cluster.js';
import { type LivingCluster, livingCluster } from '../../../cluster/living/living-cluster.js';
import { DEFAULT_RUN_DIR } from '../../../engine/defaults.js';
import type { HostFacts } from '../../../facts/facts.js';
import { CORDONED, STARTED } from '../../../roles/day-two/upgrade/upgrade-options.js';
import { rawShell, type Shell, sh } from '../../../shell/shell.js';
import { kubectl } from '../../../tasks/manifest.js';
import { FactsGatherer } from '../../run/gather-facts.js';
import { type Asker, requireAny } from '../ask.js';
import { lookAtEtcd } from '../etcd/look.js';
import type { EtcdState } from '../etcd/model.js';

/** What the decision about an upgrade needs, as of one moment. */
export interface Seen {
  readonly facts: ReadonlyMap<string, HostFacts>;
  /** Absent: no cluster runs. */
  readonly living?: LivingCluster;
  readonly etcd: EtcdState;
  readonly failures: Asker['failures'];
  /** Hosts on which a program of some run goes on. */
  readonly busy: readonly string[];
  /** Control planes whose own API server says that it is ready. */
  readonly ready: ReadonlySet<string>;
  /** APIs that clients have asked for since the start of an API server, and the minor version that removes them. */
  readonly deprecated: readonly DeprecatedApi[];
  /** Budgets that allow no eviction at the moment. */
  readonly budgets: readonly Budget[];
  /** Pods without a controller, `namespace/name on node`. */
  readonly bare: readonly string[];
  /** Nodes that an upgrade has cordoned. */
  readonly marked: readonly string[];
  /** Control planes that kubeadm has begun to upgrade, and has not ended with. */
  readonly begun: ReadonlySet<string>;
  /** Image of kube-proxy's DaemonSet; absent: there is none. */
  readonly kubeProxy?: string;
  /** Free kB below containerd's directory, by host. */
  readonly freeKb: ReadonlyMap<string, number>;
}

export interface DeprecatedApi {
  /** `flowcontrol.apiserver.k8s.io/v1beta3 flowschemas` */
  readonly api: string;
  /** `1.37` */
  readonly removedIn: string;
}

interface Budget {
  readonly name: string;
  readonly healthy: number;
  readonly needed: number;
}

/** Looks at every host and the cluster; changes nothing. */
export async function look(cluster: Cluster, asker: Asker): Promise<Seen> {
  requireAny(asker, cluster.hosts.length);
  const gatherer = new FactsGatherer(cluster);
  const [facts, etcd, control, disks] = await Promise.all([
    gatherer.all(asker.sessions, asker.reconnect),
    lookAtEtcd(cluster, asker),
    asker.ask(cluster.controlPlane, askControlPlane),
    asker.ask(cluster.hosts, askHost),
  ]);
  const living = livingCluster(facts);
  const answers = [...control.answers.values()];
  const lines = (key: string): string[] => answers.flatMap((a) => a.get(key) ?? []);
  // Every API server sees the same objects; the first one that answered counts.
  const objects = answers.find((a) => a.has('listed'));
  const proxy = objects?.get('kube-proxy')?.[0];
  return {
    facts,
    ...(living ? { living } : {}),
    etcd,
    failures: asker.failures,
    busy: [...disks.answers].flatMap(([host, a]) => (a.has('busy') ? [host] : [])),
    ready: new Set([...control.answers].flatMap(([host, a]) => (a.get('ready')?.[0] === 'ok' ? [host] : []))),
    deprecated: deprecatedApis(lines('deprecated')),
    budgets: (objects?.get('budget') ?? []).flatMap((line) => {
      const [name = '', healthy, needed, pods] = line.split(' ');
      return Number(pods) > 0 ? [{ name, healthy: Number(healthy) || 0, needed: Number(needed) || 0 }] : [];
    }),
    bare: objects?.get('bare') ?? [],
    marked: objects?.get('marked') ?? [],
    begun: new Set([...disks.answers].flatMap(([host, a]) => (a.has('begun') ? [host] : []))),
    ...(proxy ? { kubeProxy: proxy } : {}),
    freeKb: new Map([...disks.answers].map(([host, a]) => [host, Number(a.get('free')?.[0]) || 0])),
  };
}

function askHost(): Shell {
  return sh`
    say free "$(df -Pk /var/lib | awk 'NR == 2 {print $4}')"
    [ ! -e ${STARTED} ] || say begun yes
    for p in ${rawShell(`${DEFAULT_RUN_DIR}/*/*/pid`)}; do
      [ -e "$p" ] && [ ! -e "\${p%pid}rc" ] || continue
      read -r pid rest < "$p"
      if kill -0 "$pid" 2>/dev/null; then say busy yes; break; fi
    done`;
}

const BUDGETS =
  'jsonpath={range .items[?(@.status.disruptionsAllowed==0)]}{.metadata.namespace}/{.metadata.name} {.status.currentHealthy} {.status.desiredHealthy} {.status.expectedPods}{"\\n"}{end}';
const BARE =
  '{{range .items}}{{if not .metadata.ownerReferences}}{{if and (ne .status.phase "Succeeded") (ne .status.phase "Failed")}}{{.metadata.namespace}}/{{.metadata.name}} on {{.spec.nodeName}}{{"\\n"}}{{end}}{{end}}{{end}}';
const MARKED = `{{range .items}}{{$n := .metadata.name}}{{range $k, $v := .metadata.annotations}}{{if eq $k "${CORDONED}"}}{{$n}}{{"\\n"}}{{end}}{{end}}{{end}}`;

function askControlPlane(host: ClusterHost): Shell {
  const { bin_dir, kube_apiserver_port } = host.settings;
  const k = sh`${kubectl(bin_dir)} --server ${`https://${host.ip}:${kube_apiserver_port}`} --request-timeout=10s`;
  return sh`
    each() { while IFS= read -r line; do [ -z "$line" ] || say "$1" "$line"; done; }
    say ready "$(${k} get --raw /readyz 2>&1 | tail -n 1)"
    ${k} get --raw /metrics 2>/dev/null | sed -n 's/^apiserver_requested_deprecated_apis{\\(.*\\)} [1-9].*/\\1/p' | each deprecated
    ${k} get nodes -o ${`go-template=${MARKED}`} 2>/dev/null | each marked
    ${k} get poddisruptionbudgets --all-namespaces -o ${BUDGETS} 2>/dev/null | each budget
    ${k} get pods --all-namespaces -o ${`go-template=${BARE}`} 2>/dev/null | each bare
    if image=$(${k} -n kube-system get daemonset kube-proxy -o ${'jsonpath={.spec.template.spec.containers[0].image}'} 2>/dev/null); then say kube-proxy "$image"; fi
    if ${k} get namespace kube-system -o name >/dev/null 2>&1; then say listed yes; fi`;
}

/** Labels of the metric: `group="",removed_release="1.37",resource="…",subresource="",version="v1"`. */
export function deprecatedApis(lines: readonly string[]): DeprecatedApi[] {
  const found = new Map<string, DeprecatedApi>();
  for (const line of lines) {
    const labels = new Map([...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, k = '', v = '']) => [k, v]));
    const removedIn = labels.get('removed_release') ?? '';
    if (removedIn === '') continue;
    const group = [labels.get('group'), labels.get('version')].filter((p) => p).join('/');
    const api = `${group} ${labels.get('resource')}`;
    found.set(api, { api, removedIn });
  }
  return [...found.values()];
}
