import { usesLocalLoadBalancer } from '../../kubeadm/build.js';
import { kubeletConfigHash } from '../../kubeadm/components.js';
import { sh } from '../../shell/shell.js';
import { install } from '../../tasks/artifact.js';
import { command } from '../../tasks/command.js';
import { directories, file } from '../../tasks/file.js';
import { NODE_STATE } from '../../tasks/paths.js';
import { service } from '../../tasks/service.js';
import type { Task } from '../../tasks/task.js';
import { inTurn, isLivingNode, KUBELET_CONF, restartNode } from '../node-turn.js';
import { isNode, type Role, type RoleContext } from '../role.js';
import { runtimeOf } from '../runtime/runtimes.js';
import { systemdUnit } from '../systemd-unit.js';
import { hostWhy } from '../why.js';
import { kubeadmOf } from './kubeadm-command.js';
import { drainForSettings, FORGET_ASSIGNMENTS, takePodsAgain } from './node/kubelet-drain.js';

const UNIT = '/etc/systemd/system/kubelet.service';
const DROP_IN = '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf';
/** What kubeadm writes when it makes a host a node, and the kubelet reads when it starts. */
const KUBELET_FLAGS = '/var/lib/kubelet/kubeadm-flags.env';
export const KUBELET_FILES = [KUBELET_CONF, '/var/lib/kubelet/config.yaml', KUBELET_FLAGS];
export const MANIFESTS = '/etc/kubernetes/manifests';

/**
 * kubeadm, kubelet and kubectl, on control planes and workers alike; nothing is started yet.
 * Source: https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/kubelet-integration/
 */
export const node: Role = {
  name: 'node',
  tasks(ctx) {
    if (!isNode(ctx.host)) return [];
    const s = ctx.host.settings;
    const bin = s.bin_dir;
    return [
      directories({
        id: 'node/directories',
        title: 'Make the directories of Kubernetes',
        paths: [
          '/etc/kubernetes',
          MANIFESTS,
          '/etc/systemd/system/kubelet.service.d',
          '/var/lib/kubelet',
          `${NODE_STATE}/kubeadm`,
        ],
      }),
      ...['kubeadm', 'kubelet', 'kubectl'].map((name) =>
        install({ id: `node/${name}`, title: `Install ${name}`, artifact: ctx.artifacts.file(name), dir: bin, files: [name] }),
      ),
      ...(isLivingNode(ctx) ? [] : unitFiles(ctx)),
      command({
        id: 'node/kubelet-enabled',
        title: 'Start the kubelet at boot',
        check: sh`systemctl is-enabled --quiet kubelet.service`,
        apply: sh`
          systemctl daemon-reload
          systemctl enable --quiet kubelet.service`,
      }),
    ];
  },
};

/** A kubelet that runs gets them in its turn: a restart of its host would start it with them, too. */
function unitFiles(ctx: RoleContext): Task[] {
  const s = ctx.host.settings;
  return [
    file({
      id: 'node/kubelet-unit',
      title: 'Write the unit of the kubelet',
      path: UNIT,
      content: kubeletUnit(s.bin_dir, runtimeOf(s).unit),
    }),
    file({
      id: 'node/kubelet-drop-in',
      title: "Write kubeadm's settings of the kubelet unit",
      path: DROP_IN,
      content: kubeletDropIn(s.bin_dir),
    }),
  ];
}

/**
 * What every host gets once kubeadm has made it a node: the API over localhost, the cluster's kubelet settings. Nodes of a living cluster
 * get changed ones in turns, drained where their pods would not survive the change.
 */
export function joinedNode(ctx: RoleContext): Task[] {
  const kubeconfigs = ctx.host.controlPlane ? ['kubelet.conf', 'admin.conf', 'super-admin.conf'] : ['kubelet.conf'];
  const living = isLivingNode(ctx);
  return inTurn(ctx, [
    ...(living ? unitFiles(ctx) : []),
    ...(usesLocalLoadBalancer(ctx.cluster)
      ? [
          localApi(
            ctx,
            kubeconfigs.map((f) => `/etc/kubernetes/${f}`),
          ),
        ]
      : []),
    ...(living ? [drainForSettings(ctx)] : []),
    kubeletSettings(ctx),
    service({
      id: 'node/kubelet',
      title: 'Run the kubelet with its configuration',
      unit: 'kubelet.service',
      configFiles: [UNIT, DROP_IN, ...KUBELET_FILES],
      ...(living
        ? {
            restart: sh`{ ${FORGET_ASSIGNMENTS} && ${restartNode(ctx, 'kubelet.service', sh`:`)}; }`,
            timeoutSec: 300,
            why: hostWhy(),
          }
        : {}),
    }),
    ...(living ? [takePodsAgain(ctx)] : []),
  ]);
}

/** Records which kubelet configuration of the cluster the node has. */
export function kubeletStamp(ctx: RoleContext): ReturnType<typeof sh> {
  return sh`echo ${kubeletConfigHash(ctx.cluster)} > ${`${NODE_STATE}/kubeadm/kubelet`}`;
}

/**
 * The node's clients use 127.0.0.1: on a control plane its own API server, elsewhere the local load balancer. So no node depends
 * on the host that happened to be the first.
 */
function localApi(ctx: RoleContext, files: readonly string[]): Task {
  const s = ctx.cluster.settings;
  const url = `https://127.0.0.1:${ctx.host.controlPlane ? s.kube_apiserver_port : s.loadbalancer_apiserver_port}`;
  return command({
    id: 'node/local-api',
    title: 'Let the kubeconfigs of the node use the API on localhost',
    check: sh`
      [ -s ${KUBELET_CONF} ]
      for f in ${files}; do
        [ ! -s "$f" ] || grep -q ${`^ *server: ${url}$`} "$f"
      done`,
    apply: sh`
      umask 077
      for f in ${files}; do
        [ -s "$f" ] || continue
        sed ${`s#^\\( *server: \\).*#\\1${url}#`} "$f" > "$f.kw-new"
        mv -f "$f.kw-new" "$f"
      done`,
    writes: files,
  });
}

function kubeletSettings(ctx: RoleContext): Task {
  const stamp = `${NODE_STATE}/kubeadm/kubelet`;
  const kubectl = `${ctx.host.settings.bin_dir}/kubectl`;
  return command({
    id: 'node/kubelet-settings',
    title: "Take over the cluster's kubelet configuration",
    check: sh`
      [ -s /var/lib/kubelet/config.yaml ]
      grep -q -e '--node-ip=' ${KUBELET_FLAGS}
      [ "$(cat ${stamp})" = ${kubeletConfigHash(ctx.cluster)} ]`,
    apply: sh`
      # kubeadm asks once. After a restart of the machine its load balancer needs a moment.
      i=0
      until ${kubectl} --kubeconfig ${KUBELET_CONF} --request-timeout=5s get --raw /healthz >/dev/null; do
        i=$((i + 1))
        [ $i -lt 40 ] || exit 1
        sleep 3
      done
      ${kubeadmOf(ctx.host)} upgrade node phase kubelet-config
      # Other tools name the address of the node in their own unit of the kubelet.
      if ! grep -qs -e '--node-ip=' ${KUBELET_FLAGS}; then
        flags=$(sed -n 's/^KUBELET_KUBEADM_ARGS="\\(.*\\)"$/ \\1/p' ${KUBELET_FLAGS} 2>/dev/null || :)
        printf 'KUBELET_KUBEADM_ARGS="%s%s"\n' ${`--node-ip=${ctx.host.ip}`} "$flags" > ${`${KUBELET_FLAGS}.kw-new`}
        mv -f ${`${KUBELET_FLAGS}.kw-new`} ${KUBELET_FLAGS}
      fi
      ${kubeletStamp(ctx)}`,
    doneBy: ['control-plane/init', 'node/join'],
    writes: ['/var/lib/kubelet/config.yaml', KUBELET_FLAGS],
  });
}

function kubeletUnit(bin: string, runtimeUnit: string): string {
  return systemdUnit({
    Unit: {
      Description: 'kubelet: the Kubernetes node agent',
      Documentation: 'https://kubernetes.io/docs/',
      Wants: 'network-online.target',
      After: `network-online.target ${runtimeUnit}`,
      StartLimitIntervalSec: '0',
    },
    Service: { ExecStart: `${bin}/kubelet`, Restart: 'always', RestartSec: '10' },
    Install: { WantedBy: 'multi-user.target' },
  });
}

/** Source: https://github.com/kubernetes/release/blob/master/cmd/krel/templates/latest/kubeadm/10-kubeadm.conf */
function kubeletDropIn(bin: string): string {
  return systemdUnit({
    Service: {
      Environment: [
        'KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf',
        'KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml',
      ],
      EnvironmentFile: ['-/var/lib/kubelet/kubeadm-flags.env', '-/etc/default/kubelet'],
      ExecStart: ['', `${bin}/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS`],
    },
  });
}
