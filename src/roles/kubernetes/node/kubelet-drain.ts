import { stringify } from 'yaml';
import { minorOf } from '../../../cluster/versions.js';
import { kubeletConfigProbe } from '../../../facts/living/probe-living.js';
import { kubeletConfigHash, kubeletDocument } from '../../../kubeadm/components.js';
import { type Shell, sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import { NODE_STATE } from '../../../tasks/paths.js';
import type { Task } from '../../../tasks/task.js';
import { nodeApi } from '../../node-turn.js';
import type { RoleContext } from '../../role.js';
import { TOLERATES_CORDON, TOLERATIONS } from './tolerates-cordon.js';

/** `ours`: it was us who cordoned the node; `theirs`: it was cordoned before. Exists from the drain until pods may come back. */
const DRAINED = `${NODE_STATE}/kubeadm/drained`;
const ANNOTATION = 'kubewright/cordoned';

/**
 * Fields of KubeletConfiguration that a kubelet applies to pods only when it starts them, or by which it turns away pods that have been
 * running, whatever their budgets say. All others change nothing for the pods that are there.
 * Source: https://kubernetes.io/docs/tasks/administer-cluster/cpu-management-policies/ and /reserve-compute-resources/
 */
const DRAINING =
  'maxPods|podsPerCore|cpuManagerPolicy|cpuManagerPolicyOptions|memoryManagerPolicy|reservedMemory|topologyManagerPolicy|topologyManagerScope|reservedSystemCPUs|kubeReserved|systemReserved|evictionHard|enforceNodeAllocatable|cgroupRoot|cgroupsPerQOS';

/** Seconds that a node may take. */
const DRAIN_SEC = 300;

/**
 * Takes the pods off a node before a change of the kubelet's configuration that they would not survive, with their budgets respected. The node
 * does it by itself, with its own rights: they allow it to evict its own pods and to cordon itself.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */
export function drainForSettings(ctx: RoleContext): Task {
  const k = nodeApi(ctx);
  const { name } = ctx.host;
  const minor = minorOf(ctx.cluster.settings.kube_version);
  const source = minor >= 24 ? 'kubelet-config' : `kubelet-config-1.${minor}`;
  const eviction = `{"apiVersion":"policy/${minor >= 22 ? 'v1' : 'v1beta1'}","kind":"Eviction","metadata":{"name":"%s","namespace":"%s"}}`;
  // Of a cluster that was taken over, before it has the wanted ones for the first time: they are compared themselves.
  const ours = [...(ctx.living?.hosts.values() ?? [])].some((h) => h.ours);
  const orWanted = ours || !ctx.living ? sh`` : sh` || is ${wanted(ctx)}`;
  const same = sh`same() {
        text=$(${k} -n kube-system get configmap ${source} -o ${'jsonpath={.data.kubelet}'}) || return 1
        kubelet_config
        now=$(${fields()} < "$config")
        is "$text"
      }
      is() { [ "$now" = "$(printf '%s\n' "$1" | ${fields()})" ]; }
      ${kubeletConfigProbe()}`;
  const patch = { metadata: { annotations: { [ANNOTATION]: 'settings' } }, spec: { unschedulable: true } };
  const pods = `jsonpath={range .items[*]}{.metadata.namespace}|{.metadata.name}|{.status.phase}|{.metadata.ownerReferences[?(@.controller==true)].kind}|{.metadata.uid}|${TOLERATIONS}{"\\n"}{end}`;
  return command({
    id: 'node/drain',
    title: 'Take the pods off the node, because they would not survive its new settings',
    check: sh`
      [ -s /var/lib/kubelet/config.yaml ]
      ${same}
      [ "$(cat ${`${NODE_STATE}/kubeadm/kubelet`})" = ${kubeletConfigHash(ctx.cluster)} ] || [ -e ${DRAINED} ] || same${orWanted}`,
    apply: sh`
      ${same}
      # After a restart of the host its load balancer needs a moment.
      n=0
      until ${k} get --raw /readyz >/dev/null; do
        n=$((n + 1))
        [ $n -lt 40 ] || exit 1
        sleep 3
      done
      if same; then exit 0; fi
      # Namespace, name, phase, kind of the owner, UID, tolerations. Static pods and those of DaemonSets stay until the node stops.
      pods() {
        all=$(${k} get pods --all-namespaces --field-selector ${`spec.nodeName=${name}`} -o ${pods}) || return 1
        printf '%s\n' "$all" | awk -F '|' 'NF >= 5 && $3 != "Succeeded" && $3 != "Failed" && $4 != "DaemonSet" && $4 != "Node"'
      }
      left=$(pods)
      alone=$(printf '%s
' "$left" | awk -F '|' '$1 != "" && $4 == "" {print "  " $1 "/" $2}')
      if [ -n "$alone" ]; then
        printf '%s\n' 'pods without a controller would be gone for good:' "$alone" >&2
        exit 1
      fi
      mark=theirs
      [ "$(${k} get node ${name} -o ${'jsonpath={.spec.unschedulable}'})" = true ] || mark=ours
      [ $mark = theirs ] || ${k} patch node ${name} --type merge -p ${JSON.stringify(patch)}
      # A pod that tolerates a cordoned node goes once; where its controller puts the next one here, that one stays.
      here=$(printf '%s\n' "$left" | cut -d '|' -f 5 | tr '\n' ' ')
      shown() { printf '%s\n' "$left" | awk -F '|' '{print "  " $1 "/" $2 " " $3 " " $4}'; }
      last=
      end=$(( $(date +%s) + ${DRAIN_SEC} ))
      while :; do
        if all=$(pods); then
          left=$(printf '%s\n' "$all" | awk -F '|' -v here="$here" ${`NF && (index(" " here, " " $5 " ") || $6 !~ ${TOLERATES_CORDON})`})
          [ -n "$left" ] || break
          [ "$left" = "$last" ] || printf '%s\n' "waiting for:" "$(shown)"
          last=$left
          printf '%s\n' "$left" | while IFS='|' read -r space pod rest; do
            printf ${eviction} "$pod" "$space" |
              ${k} create --raw "/api/v1/namespaces/$space/pods/$pod/eviction" -f - 2>&1 | grep -v '"status":"Success"' || :
          done
        fi
        if [ "$(date +%s)" -ge "$end" ]; then
          [ $mark = theirs ] || { ${uncordonShell(k, name)}; }
          printf '%s\n' ${`not gone after ${DRAIN_SEC} s; the node takes pods again:`} "$(shown)" >&2
          exit 1
        fi
        sleep 3
      done
      left=$all
      [ -z "$all" ] || printf '%s\n' "back on the cordoned node, which they tolerate:" "$(shown)"
      echo $mark > ${DRAINED}`,
    timeoutSec: DRAIN_SEC + 120,
    hint: 'Budgets are respected: repair what they protect, or remove pods without a controller yourself; then run again',
    doneBy: ['control-plane/init', 'node/join'],
  });
}

/** Lets pods back onto a node that was drained for its settings. */
export function takePodsAgain(ctx: RoleContext): Task {
  const k = nodeApi(ctx);
  return command({
    id: 'node/uncordon',
    title: 'Let pods back onto the node',
    check: sh`[ ! -e ${DRAINED} ]`,
    apply: sh`
      if [ "$(cat ${DRAINED})" = ours ]; then
        ${uncordonShell(k, ctx.host.name)}
      fi
      rm -f ${DRAINED}`,
  });
}

/** The managers note what they have given to which pod, and refuse to start with another policy. Pods that tolerate a cordon may be there:
 * the kubelet admits them again. */
export const FORGET_ASSIGNMENTS = sh`[ ! -e ${DRAINED} ] || { systemctl stop kubelet.service; rm -f /var/lib/kubelet/cpu_manager_state /var/lib/kubelet/memory_manager_state; }`;

function uncordonShell(k: Shell, name: string): Shell {
  const patch = { metadata: { annotations: { [ANNOTATION]: null } }, spec: { unschedulable: null } };
  return sh`${k} patch node ${name} --type merge -p ${JSON.stringify(patch)}`;
}

/**
 * A filter: of a KubeletConfiguration only these fields, a line for each with all that belongs to it. What is the default anyway need not be
 * written.
 */
function fields(): Shell {
  return sh`{ awk ${`/^[a-zA-Z]/ {if (f != "") print f; f = ($0 ~ /^(${DRAINING}):/ && $0 !~ /^maxPods: *110 *$/) ? $0 : ""; next} f != "" && NF {f = f "|" $0} END {if (f != "") print f}`} | sort; }`;
}

/** The same fields as the settings have them. */
function wanted(ctx: RoleContext): string {
  const draining = DRAINING.split('|');
  const document = kubeletDocument(ctx.cluster, ctx.cluster.settings);
  const some = Object.fromEntries(Object.entries(document).filter(([name]) => draining.includes(name)));
  return stringify(some, { version: '1.1', sortMapEntries: true, lineWidth: 0 });
}
