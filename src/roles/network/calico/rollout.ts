import { type Shell, sh } from '../../../shell/shell.js';
import { command, waitFor } from '../../../tasks/command.js';
import { kubectl } from '../../../tasks/manifest.js';
import type { Task } from '../../../tasks/task.js';
import { isNode, type RoleContext } from '../../role.js';
import { podsHopeless, podsWhy } from '../../why.js';

/** kubelet's words for a node that only lacks its pod network. */
const NO_NETWORK = 'network plugin|cni plugin|NetworkPluginNotReady|NetworkReady=false';

/**
 * Waits for calico-node on the nodes that can run it. One whose kubelet is silent, or that is not Ready for another reason than the
 * missing network, never has it: it is named and not waited for.
 */
export function rolloutTasks(ctx: RoleContext): Task[] {
  const k = kubectl(ctx.host.settings.bin_dir);
  const members = ctx.cluster.hosts.filter((h) => isNode(h) && !ctx.droppedOut.has(h.name)).map((h) => h.name);
  const look = survey(k, members);
  const replace = (): Task =>
    command({
      id: 'network/calico-replace',
      title: 'Replace calico-node where a dead node holds the rollout up',
      check: sh`
        ${begun(look)}
        ${look}
        [ -z "$dead" ] || [ -z "$outdated" ]`,
      // A rolling update counts the pod of a dead node as the one that may be missing, and stops.
      apply: sh`
        ${begun(look)}
        ${look}
        [ -n "$dead" ] || exit 0
        for n in $outdated; do
          pod=$(${k} -n kube-system get pods -l k8s-app=calico-node --field-selector "spec.nodeName=$n" -o name)
          ${k} -n kube-system delete --wait=true --timeout=60s "$pod"
          i=0
          until (
            ${look}
            printf '%s\n' "$current" | grep -qxF "$n"
          ); do
            i=$((i + 1))
            [ $i -lt 90 ] || { echo "calico-node does not come up on $n" >&2; exit 1; }
            sleep 2
          done
        done`,
      timeoutSec: 3600,
      doneBy: ['network/calico'],
      hint: HINT,
    });
  return [
    // In a cluster that this run makes no pod is of a former manifest.
    ...([...ctx.allFacts.values()].some((f) => f.isNode) ? [replace()] : []),
    waitFor({
      id: 'network/calico-rollout',
      title: 'Wait until Calico runs on every node',
      until: sh`
        ${look}
        [ -z "$dead" ] || echo "not waited for, because they are not Ready:" $dead
        [ -z "$missing" ] || { echo "calico-node is not ready on:" $missing; exit 1; }`,
      timeoutSec: 600,
      why: podsWhy(k, 'k8s-app=calico-node'),
      hopeless: podsHopeless(k, 'k8s-app=calico-node'),
      everySec: 2,
      hint: HINT,
    }),
  ];
}

const HINT =
  'Can the nodes pull its images? `kubectl -n kube-system describe pod -l k8s-app=calico-node` says, and names the registry';

/**
 * The controllers notice a new manifest a moment after it was applied, and until then nothing has to be replaced. An API server may be away
 * for a moment, and a controller manager waits for its turn after that.
 */
function begun(look: Shell): Shell {
  return sh`
    tries=0
    while :; do
      set +e
      said=$( (set -eu; ${look}) 2>&1 ); rc=$?
      set -e
      [ $rc -ne 0 ] || break
      tries=$((tries + 1))
      [ $tries -lt 90 ] || { printf '%s\n' "$said"; exit 1; }
      sleep 2
    done`;
}

const SEEN = 'jsonpath={.metadata.generation} {.status.observedGeneration}';

/** Sets `current`, `missing`, `outdated` (names of live nodes; outdated ones have a pod of a former manifest) and `dead`. */
function survey(k: Shell, members: readonly string[]): Shell {
  const node =
    'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}{"\\n"}{end}';
  const pod =
    'jsonpath={range .items[*]}{.spec.nodeName} {.metadata.labels.controller-revision-hash} {.status.conditions[?(@.type=="Ready")].status} {.metadata.deletionTimestamp}{"\\n"}{end}';
  const newest = 'jsonpath={.items[-1:].metadata.labels.controller-revision-hash}';
  return sh`
    # The controller has taken notice of the newest manifest.
    generation=$(${k} --request-timeout=10s -n kube-system get daemonset calico-node -o ${SEEN})
    [ "\${generation% *}" = "\${generation#* }" ] || { echo 'the rollout has not begun'; exit 1; }
    hash=$(${k} --request-timeout=10s -n kube-system get controllerrevisions -l k8s-app=calico-node --sort-by=.revision -o ${newest})
    nodes=$(${k} --request-timeout=10s get nodes -o ${node})
    pods=$(${k} --request-timeout=10s -n kube-system get pods -l k8s-app=calico-node -o ${pod})
    current='' outdated='' missing='' dead=''
    for n in ${members}; do
      state=$(printf '%s\n' "$nodes" | grep "^$n " || true)
      case $state in
        "$n True "*) ;;
        *) printf '%s\n' "$state" | grep -q "^$n False .*"${`\\(${NO_NETWORK.replaceAll('|', '\\|')}\\)`} || { dead="$dead $n"; continue; } ;;
      esac
      if printf '%s\n' "$pods" | grep -q "^$n $hash True *$"; then current="$current
$n"; continue; fi
      missing="$missing $n"
      printf '%s\n' "$pods" | grep "^$n " | grep -vq "^$n $hash" || continue
      outdated="$outdated $n"
    done`;
}
