import { sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { file } from '../../tasks/file.js';
import { service } from '../../tasks/service.js';
import type { Task } from '../../tasks/task.js';
import { exportedText, type RoleContext } from '../role.js';
import { systemdUnit } from '../systemd-unit.js';
import type { NetworkPlugin } from './plugin.js';

const CONFLIST = '/etc/cni/net.d/10-kubewright.conflist';
const UNIT = '/etc/systemd/system/kubewright-routes.service';

export const staticRoutes: NetworkPlugin = {
  name: 'static-routes',
  components: [],
  settings: ['bin_dir', 'kube_pods_subnet'],
  needsPodSubnets: true,
  makesNodesReady: true,
  tasks: staticRoutesTasks,
};

/**
 * The small built-in network: the CNI bridge plugin on each node and a route to every other node's pod subnet. The nodes must
 * share one layer 2 network; no registry and no daemon are needed.
 * Source: https://www.cni.dev/plugins/current/main/bridge/
 */
function staticRoutesTasks(ctx: RoleContext): Task[] {
  const { cluster, host } = ctx;
  const script = `${host.settings.bin_dir}/kubewright-routes`;
  const subnets = parseSubnets(exportedText(ctx, cluster.controlPlane[0]?.name ?? '', 'pod-subnets') ?? '');
  const own = subnets.get(host.name);
  if (own === undefined) return unknownSubnet(ctx, script);
  const routes = cluster.hosts.flatMap((h) => {
    const subnet = subnets.get(h.name);
    return h === host || subnet === undefined ? [] : [{ subnet, via: h.accessIp }];
  });
  return [
    file({ id: 'network/cni', title: 'Write the CNI configuration', path: CONFLIST, content: conflist(own) }),
    file({
      id: 'network/script',
      title: 'Write the script that sets the routes',
      path: script,
      content: routesScript(own, cluster.settings.kube_pods_subnet, routes),
      mode: '0755',
    }),
    ...start(script),
  ];
}

function start(script: string): Task[] {
  return [
    file({ id: 'network/unit', title: 'Write the unit that sets the routes at boot', path: UNIT, content: unit(script) }),
    service({ id: 'network/service', title: 'Set the routes', unit: 'kubewright-routes.service', configFiles: [UNIT, script] }),
    command({
      id: 'network/routes',
      title: 'See that the routes are in place',
      check: sh`${script} check`,
      apply: sh`systemctl restart kubewright-routes.service`,
      doneBy: ['network/service'],
    }),
  ];
}

/**
 * Check mode before a host has joined: its subnet is not known yet. The files of a new node would be written, and every other
 * node would get one more route.
 */
function unknownSubnet(ctx: RoleContext, script: string): Task[] {
  const joining = ctx.cluster.hosts.some((h) => !ctx.droppedOut.has(h.name) && ctx.allFacts.get(h.name)?.isNode === false);
  const unknown = (id: string, title: string, path: string, changes: boolean): Task =>
    command({
      id,
      title,
      check: changes ? sh`false` : sh`[ -s ${path} ]`,
      apply: sh`echo 'this node has no pod subnet yet' >&2; exit 1`,
      writes: [path],
      hint: '`kubectl get nodes` on a control plane: is the node there?',
    });
  return [
    unknown('network/cni', 'Write the CNI configuration', CONFLIST, !ctx.facts.isNode),
    unknown('network/script', 'Write the script that sets the routes', script, joining),
    ...start(script),
  ];
}

function parseSubnets(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [name, subnet] = line.trim().split(' ');
      return name && subnet ? [[name, subnet] as const] : [];
    }),
  );
}

function conflist(subnet: string): string {
  const config = {
    cniVersion: '0.3.1',
    name: 'kubewright',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        // The routes unit masquerades what leaves the cluster; pods must see each other's addresses.
        ipMasq: false,
        hairpinMode: true,
        ipam: { type: 'host-local', ranges: [[{ subnet }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

interface Route {
  readonly subnet: string;
  readonly via: string;
}

/** Routes have protocol 75, so that stale ones (of a removed node) are told from those of other programs. */
function routesScript(own: string, pods: string, routes: readonly Route[]): string {
  const wanted = routes.map((r) => `${r.subnet} via ${r.via}`);
  return `#!/bin/sh
# Written by Kubewright: routes to the pod subnets of the other nodes. \`check\` changes nothing and exits 1 where one is missing.
set -eu
own=${own}
pods=${pods}
wanted='${wanted.join('\n')}'

have() { ip -4 route show proto 75 | sed 's/ dev .*//; s/ *$//' | sort; }
rule() { iptables -w 10 -t nat "$1" POSTROUTING -s "$own" ! -d "$pods" -m comment --comment kubewright -j MASQUERADE 2>/dev/null; }
forward() { iptables -w 10 "$1" FORWARD "$2" "$pods" -m comment --comment kubewright -j ACCEPT 2>/dev/null; }

if [ "\${1:-}" = check ]; then
  [ "$(have)" = "$(printf '%s\\n' "$wanted" | sed '/^$/d' | sort)" ]
  rule -C
  forward -C -s
  forward -C -d
  exit 0
fi

have | while read -r subnet via gateway; do
  printf '%s\\n' "$wanted" | grep -qxF "$subnet $via $gateway" || ip route del "$subnet" $via "$gateway" proto 75
done
printf '%s\\n' "$wanted" | while read -r subnet via gateway; do
  [ -z "$subnet" ] || ip route replace "$subnet" $via "$gateway" proto 75
done
rule -C || rule -A
forward -C -s || forward -A -s
forward -C -d || forward -A -d
`;
}

function unit(script: string): string {
  return systemdUnit({
    Unit: {
      Description: 'Routes to the pod subnets of the other nodes',
      After: 'network-online.target',
      Wants: 'network-online.target',
    },
    Service: { Type: 'oneshot', RemainAfterExit: 'yes', ExecStart: script },
    Install: { WantedBy: 'multi-user.target' },
  });
}
