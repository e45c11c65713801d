import { sh } from '../../shell/shell.js';
import { command, waitFor } from '../../tasks/command.js';
import { kubectl } from '../../tasks/manifest.js';
import { patiently } from '../../tasks/patiently.js';
import type { Task } from '../../tasks/task.js';
import { pluginOf } from '../network/plugins.js';
import { isNode, type Role, type RoleContext } from '../role.js';

/** Read by every host that joins, so that a run with --limit labels its nodes and waits for them, too. */
export const NODE_SETTLED = 'node-settled';

/** On the first control plane, when all hosts have joined: labels and taints from the inventory, then every node Ready. */
export const nodes: Role = {
  name: 'nodes',
  tasks(ctx) {
    const k = kubectl(ctx.host.settings.bin_dir);
    const members = ctx.cluster.hosts.filter((h) => isNode(h) && !ctx.droppedOut.has(h.name));
    const tasks: Task[] = members.flatMap((h) => [
      ...Object.entries(h.nodeLabels).map(([key, value]) => label(ctx, h.name, key, value)),
      ...h.nodeTaints.map((t) => taint(ctx, h.name, t)),
    ]);
    if (!pluginOf(ctx.cluster.settings).makesNodesReady) return tasks.map(forTheNode);
    const list = sh`${k} --request-timeout=10s get nodes -o ${'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}{"\\n"}{end}'}`;
    tasks.push(
      waitFor({
        id: 'nodes/ready',
        title: 'Wait until every node is Ready',
        until: sh`
          list=$(${list})
          missing=0
          for n in ${members.map((h) => h.name)}; do
            printf '%s\n' "$list" | grep -q "^$n True" || { missing=1; printf '%s\n' "$list" | grep "^$n " || echo "$n is not there"; }
          done
          [ $missing -eq 0 ]`,
        timeoutSec: 300,
        everySec: 2,
        hint: '`kubectl describe node NAME` on a control plane says what a node is waiting for',
      }),
    );
    return tasks.map(forTheNode);
  },
};

/** These tasks belong to the node that they are about: it reads the export. */
function forTheNode(task: Task): Task {
  return { ...task, forOthers: true, exports: { [NODE_SETTLED]: sh`:` } };
}

function label(ctx: RoleContext, name: string, key: string, value: string): Task {
  const k = kubectl(ctx.host.settings.bin_dir);
  return command({
    id: `nodes/label-${name}-${key}`,
    title: `Label ${name} with ${key}=${value}`,
    check: sh`[ -n "$(${k} get nodes -l ${`kubernetes.io/hostname=${name},${key}=${value}`} -o name)" ]`,
    apply: patiently(sh`${k} label --overwrite node ${name} ${`${key}=${value}`}`),
  });
}

function taint(ctx: RoleContext, name: string, spec: string): Task {
  const k = kubectl(ctx.host.settings.bin_dir);
  return command({
    id: `nodes/taint-${name}-${spec.replaceAll(/[^A-Za-z0-9./=-]/g, '-')}`,
    title: `Taint ${name} with ${spec}`,
    check: sh`${k} get node ${name} -o ${'jsonpath={range .spec.taints[*]}{.key}={.value}:{.effect}{"\\n"}{end}'} | grep -qxF ${spec.includes('=') ? spec : spec.replace(':', '=:')}`,
    apply: patiently(sh`${k} taint --overwrite node ${name} ${spec}`),
  });
}
