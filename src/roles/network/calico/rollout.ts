import { type Shell, sh } from '../../../shell/shell.js';
import { command, type WaitOptions, waitFor } from '../../../tasks/command.js';
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
  const look = survey(k, membersOf(ctx));
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
  return [replace(), agentsReady(k, look)];
}

/** In a new cluster: nodes are Ready seconds before calico-node is, and that is enough for pods to start. */
export function arrivalTask(ctx: RoleContext): Task {
  const k = kubectl(ctx.host.settings.bin_dir);
  return waiting(k, {
    id: 'network/calico-arrival',
    title: 'Wait until Calico has come to every node',
    until: sh`
      ${sortedNodes(k, membersOf(ctx))}
      ${notWaitedFor}
      [ -z "$without" ] || { echo "calico-node has not come to:" $without; exit 1; }`,
  });
}

/** In a new cluster no pod is of a former manifest. */
export function firstRolloutTask(ctx: RoleContext): Task {
  const k = kubectl(ctx.host.settings.bin_dir);
  return agentsReady(k, firstSurvey(k, membersOf(ctx)));
}

function membersOf(ctx: RoleContext): string[] {
  return ctx.cluster.hosts.filter((h) => isNode(h) && !ctx.droppedOut.has(h.name)).map((h) => h.name);
}

function agentsReady(k: Shell, look: Shell): Task {
  return waiting(k, {
    id: 'network/calico-rollout',
    title: 'Wait until Calico runs on every node',
    until: sh`
      ${look}
      ${notWaitedFor}
      [ -z "$missing" ] || { echo "calico-node is not ready on:" $missing; exit 1; }`,
  });
}

function waiting(k: Shell, o: Pick<WaitOptions, 'id' | 'title' | 'until'>): Task {
  return waitFor({
    ...o,
    timeoutSec: 600,
    why: podsWhy(k, 'k8s-app=calico-node'),
    hopeless: podsHopeless(k, 'k8s-app=calico-node'),
    everySec: 2,
    hint: HINT,
  });
}

const notWaitedFor = sh`[ -z "$dead" ] || echo "not waited for, because they are not Ready:" $dead`;

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

/** Sets `with`, `without` (names of nodes that have a pod network, and that lack nothing else) and `dead`. */
function sortedNodes(k: Shell, members: readonly string[]): Shell {
  const node =
    'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}{"\\n"}{end}';
  return sh`
    nodes=$(${k} --request-timeout=10s get nodes -o ${node})
    with='' without='' dead=''
    for n in ${members}; do
      state=$(printf '%s\n' "$nodes" | grep "^$n " || true)
      case $state in
        "$n True "*) with="$with $n" ;;
        *) if printf '%s\n' "$state" | grep -q "^$n False .*"${`\\(${NO_NETWORK.replaceAll('|', '\\|')}\\)`}; then without="$without $n"; else dead="$dead $n"; fi ;;
      esac
    done`;
}

const POD =
  'jsonpath={range .items[*]}{.spec.nodeName} {.metadata.labels.controller-revision-hash} {.status.conditions[?(@.type=="Ready")].status} {.metadata.deletionTimestamp}{"\\n"}{end}';

function agents(k: Shell): Shell {
  return sh`pods=$(${k} --request-timeout=10s -n kube-system get pods -l k8s-app=calico-node -o ${POD})`;
}

/** Sets `missing` and `dead`. */
function firstSurvey(k: Shell, members: readonly string[]): Shell {
  return sh`
    ${sortedNodes(k, members)}
    ${agents(k)}
    missing=''
    for n in $with $without; do
      printf '%s\n' "$pods" | grep -q "^$n [^ ]* True *$" || missing="$missing $n"
    done`;
}

/** Sets `current`, `missing`, `outdated` (names of live nodes; outdated ones have a pod of a former manifest) and `dead`. */
function survey(k: Shell, members: readonly string[]): Shell {
  const newest = 'jsonpath={.items[-1:].metadata.labels.controller-revision-hash}';
  return sh`
    # The controller has taken notice of the newest manifest.
    generation=$(${k} --request-timeout=10s -n kube-system get daemonset calico-node -o ${SEEN})
    [ "\${generation% *}" = "\${generation#* }" ] || { echo 'the rollout has not begun'; exit 1; }
    hash=$(${k} --request-timeout=10s -n kube-system get controllerrevisions -l k8s-app=calico-node --sort-by=.revision -o ${newest})
    ${sortedNodes(k, members)}
    ${agents(k)}
    current='' outdated='' missing=''
    for n in $with $without; do
      if printf '%s\n' "$pods" | grep -q "^$n $hash True *$"; then current="$current
$n"; continue; fi
      missing="$missing $n"
      printf '%s\n' "$pods" | grep "^$n " | grep -vq "^$n $hash" || continue
      outdated="$outdated $n"
    done`;
}
