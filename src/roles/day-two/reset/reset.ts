import type { ClusterHost } from '../../../cluster/cluster.js';
import { type Shell, sh } from '../../../shell/shell.js';
import { command } from '../../../tasks/command.js';
import { NODE_STATE } from '../../../tasks/paths.js';
import type { Task } from '../../../tasks/task.js';
import { clientShellGone } from '../../apps/client-shell.js';
import { BACKUP_FILES, BACKUP_UNIT } from '../../etcd/backup-timer.js';
import { CERTS_TIMER_FILES, CERTS_UNIT } from '../../kubernetes/certs/renewal-timer.js';
import type { Role, RoleContext } from '../../role.js';
import { runtimeOf } from '../../runtime/runtimes.js';
import { noRules, removeRules } from './firewall.js';

/** containerd has stayed, for containers of others. */
const KEPT = `${NODE_STATE}/containerd-kept`;
/** What was started with which files, but for containerd. */
const STARTED = ['kubelet.service', 'etcd.service', 'apiserver-lb', 'apiserver-lb-pod'];
/** Interfaces of Calico, of the CNI bridge plugin and of kube-proxy with IPVS. */
const INTERFACES = '^(vxlan\\.calico|vxlan-v6\\.calico|tunl0|cali[0-9a-f]+|cni0|kube-ipvs0|nodelocaldns)$';
/** Names in the configurations of Calico, of the static routes and of the loopback that containerd adds. */
const NETWORKS = ['k8s-pod-network', 'kubewright', 'cni-loopback'];
/** What Calico and we put into the directories of CNI; other plugins of the operator's stay. */
const CALICO_PLUGINS = ['calico', 'calico-ipam', 'flannel', 'install'];

/**
 * Takes everything off a host that Kubewright, kubeadm and the pod network have put there, in an order that can be cut off and run
 * again: containers first, binaries last. What is not ours stays: other firewall rules, containers in other namespaces of
 * containerd, users' files and keys, packages, snapshots of etcd.
 * Source: https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-reset/
 */
export const reset: Role = {
  name: 'reset',
  tasks: (ctx) => [
    units(ctx),
    kubeadmReset(ctx),
    pods(ctx),
    stillMounted(),
    network(),
    rules(),
    etcd(ctx.host),
    files(ctx),
    containerd(ctx.host),
    binaries(ctx.host),
    clientShellGone(),
    notes(ctx.host),
  ],
};

function units(ctx: RoleContext): Task {
  const list = [
    'kubelet.service',
    'kubewright-routes.service',
    ...(ctx.host.controlPlane ? [`${CERTS_UNIT}.timer`] : []),
    ...(ctx.host.etcd ? [`${BACKUP_UNIT}.timer`, 'etcd.service'] : []),
  ];
  return command({
    id: 'reset/units',
    title: 'Stop the kubelet, the routes and etcd',
    check: sh`for u in ${list}; do [ ! -e /etc/systemd/system/"$u" ] || { ! systemctl is-active --quiet "$u" && ! systemctl is-enabled --quiet "$u" 2>/dev/null; }; done`,
    apply: sh`
      for u in ${list}; do
        [ -e /etc/systemd/system/"$u" ] || continue
        systemctl disable --quiet "$u" 2>/dev/null || :
        systemctl stop "$u"
      done`,
    timeoutSec: 120,
  });
}

/** Before our own steps: it knows what its version has made. */
function kubeadmReset(ctx: RoleContext): Task {
  const bin = ctx.host.settings.bin_dir;
  const socket = `unix://${runtimeOf(ctx.host.settings).socket}`;
  return command({
    id: 'reset/kubeadm',
    title: 'Run kubeadm reset',
    check: sh`
      [ ! -e /etc/kubernetes/kubelet.conf ]
      [ ! -e /etc/kubernetes/admin.conf ]
      [ -z "$(ls -A /etc/kubernetes/manifests 2>/dev/null)" ]`,
    apply: sh`
      # A kubeconfig that is a copy of the administrator's goes with it; another one is the operator's.
      if cmp -s /etc/kubernetes/admin.conf /root/.kube/config; then rm -f /root/.kube/config; rmdir /root/.kube 2>/dev/null || :; fi
      if [ -x ${`${bin}/kubeadm`} ] && systemctl is-active --quiet containerd.service; then
        ${`${bin}/kubeadm`} reset --force --cri-socket ${socket} || echo 'kubeadm reset has failed; what it leaves is removed without it'
      fi
      rm -f /etc/kubernetes/*.conf
      rm -rf /etc/kubernetes/manifests`,
    timeoutSec: 300,
  });
}

function pods(ctx: RoleContext): Task {
  const ctr = `${ctx.host.settings.bin_dir}/ctr`;
  const crictl = `${ctx.host.settings.bin_dir}/crictl`;
  return command({
    id: 'reset/pods',
    title: 'End the pods that are left',
    check: sh`
      [ -x ${ctr} ] || exit 0
      systemctl is-active --quiet containerd.service || exit 0
      [ -z "$(${ctr} --namespace k8s.io tasks ls -q 2>/dev/null)" ]`,
    apply: sh`
      if [ -x ${crictl} ]; then timeout 120 ${crictl} rmp -fa >/dev/null 2>&1 || :; fi
      for id in $(${ctr} --namespace k8s.io tasks ls -q); do ${ctr} --namespace k8s.io tasks kill --signal KILL "$id" 2>/dev/null || :; done
      sleep 1
      for id in $(${ctr} --namespace k8s.io tasks ls -q); do ${ctr} --namespace k8s.io tasks rm -f "$id" >/dev/null 2>&1 || :; done`,
    timeoutSec: 240,
    // Nearly always: it leaves those that the runtime did not let go.
    doneBy: ['reset/kubeadm'],
  });
}

/** A volume that is still mounted holds the users' data: it must not be deleted through its mount point. */
function stillMounted(): Task {
  const below = sh`awk '$5 ~ "^/var/lib/kubelet/" {print $5}' /proc/self/mountinfo`;
  return command({
    id: 'reset/mounts',
    title: 'Unmount what the kubelet has mounted',
    check: sh`[ -z "$(${below})" ]`,
    apply: sh`
      ${below} | sort -r | while read -r m; do umount "$m" || echo "still mounted: $m" >&2; done
      [ -z "$(${below})" ]`,
    hint: 'Find out who uses the mount (fuser -vm PATH), unmount it, and run the same command again. Nothing below it was deleted',
    doneBy: ['reset/kubeadm'],
  });
}

function network(): Task {
  const ours = sh`ip -o link show 2>/dev/null | awk -F': ' '{split($2, a, "@"); print a[1]}' | grep -E ${INTERFACES}`;
  return command({
    id: 'reset/network',
    title: 'Remove the interfaces and routes of the pod network',
    check: sh`
      # tunl0 belongs to the kernel's module once that is loaded: it stays, without an address.
      [ -z "$(${ours} | grep -v '^tunl0$')" ]
      [ -z "$(ip route show proto 80 2>/dev/null; ip route show proto 75 2>/dev/null)" ]`,
    apply: sh`
      for link in $(${ours}); do
        case $link in tunl0) ip addr flush dev tunl0; ip link set tunl0 down ;; *) ip link delete "$link" ;; esac
      done
      # Protocol 80 is Calico's, 75 ours.
      for p in 80 75; do ip route flush proto $p 2>/dev/null || :; done`,
  });
}

function rules(): Task {
  return command({
    id: 'reset/firewall',
    title: 'Remove the firewall rules of Kubernetes and Calico, and no other',
    check: noRules(),
    apply: removeRules(),
    hint: '`iptables-save | grep -E "KUBE-|cali"` on the host shows what is left',
  });
}

/**
 * Only by the names that etcd and we give: the directories come from the inventory, and may hold other files. They may be
 * mounts, so that they stay where they are not empty. Snapshots are elsewhere, and stay.
 */
function etcd(host: ClusterHost): Task {
  const { etcd_data_dir: data, etcd_cert_dir: certs, bin_dir: bin } = host.settings;
  const programs = ['etcd', 'etcdctl', 'etcdutl'].map((p) => `${bin}/${p}`);
  return command({
    id: 'reset/etcd',
    title: 'Remove etcd, its data and its keys',
    check: sh`
      for f in /etc/etcd.env /etc/systemd/system/etcd.service ${BACKUP_FILES} ${`${data}/member`} ${`${certs}/ca.pem`} ${`${certs}/ca-key.pem`}; do [ ! -e "$f" ]; done
      [ -z "$(${oursIn(data, certs)})" ]`,
    apply: sh`
      ${oursIn(data, certs)} | while read -r f; do rm -rf --one-file-system "$f"; done
      rmdir ${data} ${certs} 2>/dev/null || :
      rmdir ${certs.replace(/\/[^/]+$/, '')} 2>/dev/null || :
      [ ! -e ${`${NODE_STATE}/installed/etcd.binaries`} ] || rm -f ${programs}
      rm -f /etc/etcd.env /etc/systemd/system/etcd.service ${BACKUP_FILES}`,
  });
}

/** Prints what etcd and we have put into etcd's directories. */
function oursIn(data: string, certs: string): Shell {
  return sh`{
        find ${data} -mindepth 1 -maxdepth 1 '(' -name member -o -name kubewright-restore -o -name 'before-restore-*' ')' 2>/dev/null
        find ${certs} -mindepth 1 -maxdepth 1 -type f '(' -name 'ca*.pem' -o -name 'member-*.pem' -o -name 'admin-*.pem' -o -name '*.pem.new' -o -name '*.kw-new' ')' 2>/dev/null
        find ${certs} -mindepth 1 -maxdepth 1 -type d -name issued 2>/dev/null
      }`;
}

function files(ctx: RoleContext): Task {
  const bin = ctx.host.settings.bin_dir;
  const gone = [
    '/etc/cni/net.d/10-calico.conflist',
    '/etc/cni/net.d/calico-kubeconfig',
    '/etc/cni/net.d/10-kubewright.conflist',
    '/etc/haproxy/haproxy.cfg',
    '/etc/systemd/system/kubelet.service',
    '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
    '/etc/systemd/system/kubewright-routes.service',
    '/etc/modules-load.d/kubewright.conf',
    '/etc/sysctl.d/99-kubewright.conf',
    '/etc/bash_completion.d/kubectl',
    '/etc/profile.d/kubewright.sh',
    `${bin}/kubewright-routes`,
    ...CERTS_TIMER_FILES,
  ];
  const trees = [
    '/etc/kubernetes',
    '/var/lib/kubelet',
    '/var/lib/calico',
    '/var/run/calico',
    '/var/log/calico',
    '/var/log/pods',
    '/var/log/containers',
  ];
  const empty = ['/etc/cni/net.d', '/etc/cni', '/etc/haproxy', '/etc/systemd/system/kubelet.service.d'];
  return command({
    id: 'reset/files',
    title: 'Remove the files of Kubernetes and of the pod network',
    check: sh`
      for f in ${gone} ${trees}; do [ ! -e "$f" ] || [ -d "$f" -a -z "$(ls -A "$f" 2>/dev/null)" ]; done
      [ -z "$(${leases()})" ]
      if grep -q '^# BEGIN kubewright hosts$' /etc/hosts; then exit 1; fi
      if grep -qs kubewright /etc/nginx/nginx.conf; then exit 1; fi`,
    apply: sh`
      rm -f ${gone}
      # A directory that is a mount of its own is emptied and stays.
      for d in ${trees}; do
        [ -d "$d" ] || continue
        find "$d" -mindepth 1 -maxdepth 1 -exec rm -rf --one-file-system {} +
        rmdir "$d" 2>/dev/null || :
      done
      ${leases()} | while read -r f; do rm -rf "$f"; done
      find /var/lib/cni -depth -type d -empty -delete 2>/dev/null || :
      ${nginx()}
      for d in ${empty}; do rmdir "$d" 2>/dev/null || :; done
      # In place: /etc/hosts can be a bind mount.
      tmp=$(mktemp)
      awk '$0 == "# BEGIN kubewright hosts" {skip = 1} !skip {print} $0 == "# END kubewright hosts" {skip = 0}' /etc/hosts > "$tmp"
      cat "$tmp" > /etc/hosts
      rm -f "$tmp"
      systemctl daemon-reload`,
    timeoutSec: 300,
  });
}

/** What CNI plugins noted about pods, by the names of the networks. Other runtimes of containers have theirs in the same directories. */
function leases(): Shell {
  return sh`find /var/lib/cni -mindepth 2 -maxdepth 3 '(' ${NETWORKS.flatMap((n, i) => [...(i > 0 ? ['-o'] : []), '-name', n, '-o', '-name', `${n}-*`])} ')' -prune 2>/dev/null`;
}

/** Our configuration is told from one of the distribution's by its upstream's name. */
function nginx(): Shell {
  return sh`
      if grep -qs 'upstream control_planes' /etc/nginx/nginx.conf; then
        rm -f /etc/nginx/nginx.conf
        rmdir /etc/nginx 2>/dev/null || :
      fi`;
}

/** Stays with all it has as long as it holds containers that are not of Kubernetes. */
function containerd(host: ClusterHost): Task {
  const bin = host.settings.bin_dir;
  const stamp = `${NODE_STATE}/installed/containerd.binaries`;
  const ctr = `${bin}/ctr`;
  return command({
    id: 'reset/containerd',
    title: 'Remove containerd, unless others have containers in it',
    check: sh`
      [ -e ${stamp} ] || exit 0
      [ -e ${KEPT} ]
      systemctl is-active --quiet containerd.service
      [ -n "$(for n in $(${ctr} namespaces ls -q); do [ "$n" = k8s.io ] || ${ctr} --namespace "$n" containers ls -q; done)" ]`,
    apply: sh`
      foreign=
      if [ -e /etc/systemd/system/containerd.service ] && [ -x ${ctr} ]; then
        # A containerd that does not run has containers all the same: without an answer nothing is deleted.
        systemctl start containerd.service
        names=$(${ctr} namespaces ls -q)
        for n in $names; do
          [ "$n" != k8s.io ] || continue
          found=$(${ctr} --namespace "$n" containers ls -q)
          [ -z "$found" ] || foreign="$foreign $n"
        done
      fi
      if [ -n "$foreign" ]; then
        echo "containerd stays, because there are containers in its namespaces$foreign"
        ids=$(${ctr} --namespace k8s.io containers ls -q)
        [ -z "$ids" ] || ${ctr} --namespace k8s.io containers rm $ids >/dev/null 2>&1 || :
        # They are what takes the space.
        images=$(${ctr} --namespace k8s.io images ls -q)
        [ -z "$images" ] || ${ctr} --namespace k8s.io images rm $images >/dev/null
        touch ${KEPT}
        exit 0
      fi
      systemctl disable --quiet --now containerd.service 2>/dev/null || :
      awk '$5 ~ "^/(run|var/lib)/containerd/" {print $5}' /proc/self/mountinfo | sort -r | while read -r m; do umount "$m" || :; done
      find /var/lib/containerd /run/containerd -mindepth 1 -maxdepth 1 -exec rm -rf --one-file-system {} + 2>/dev/null || :
      rmdir /var/lib/containerd /run/containerd 2>/dev/null || :
      rm -rf /etc/containerd /etc/crictl.yaml /etc/systemd/system/containerd.service /etc/systemd/system/containerd.service.d
      for f in $(cat ${`${stamp}.files`}) runc crictl; do rm -f ${bin}/"$f"; done
      rm -f ${stamp} ${KEPT}
      systemctl daemon-reload`,
    timeoutSec: 600,
    hint: 'It is not known whether others have containers in it: `journalctl -u containerd` says why it does not answer. Nothing of it was deleted. Repair it, or delete /etc/systemd/system/containerd.service where nothing in it is needed',
  });
}

function binaries(host: ClusterHost): Task {
  const bin = host.settings.bin_dir;
  const programs = ['kubeadm', 'kubelet', 'kubectl'].map((p) => `${bin}/${p}`);
  const cni = `${NODE_STATE}/installed/containerd.cni.files`;
  return command({
    id: 'reset/binaries',
    title: 'Remove the binaries',
    check: sh`
      [ ! -e ${`${NODE_STATE}/installed/node.kubelet`} ]
      [ ! -e ${cni} ] || [ -e ${KEPT} ]`,
    apply: sh`
      rm -f ${programs} ${NODE_STATE}/installed/node.*
      # Containers that stay need them to start again.
      if [ -e ${KEPT} ]; then exit 0; fi
      if [ -e ${cni} ]; then ( cd /opt/cni/bin 2>/dev/null && while read -r f; do rm -f "$f"; done ) < ${cni} || :; fi
      for f in ${CALICO_PLUGINS}; do rm -f /opt/cni/bin/"$f"; done
      rmdir /opt/cni/bin /opt/cni 2>/dev/null || :
      rm -f ${NODE_STATE}/installed/containerd.cni*`,
  });
}

/** Last of all: they say what there is to remove. Downloads are named by their sha256; the directory is the inventory's choice. */
function notes(host: ClusterHost): Task {
  const cache = host.settings.kubewright_cache_dir;
  const downloads = sh`find ${cache} -mindepth 1 -maxdepth 1 -type f 2>/dev/null | grep -E ${'/[0-9a-f]{64}[^/]*$'}`;
  return command({
    id: 'reset/notes',
    title: "Remove Kubewright's notes and downloads",
    check: sh`
      [ ! -e ${NODE_STATE} ] || [ -e ${KEPT} -a ! -e ${`${NODE_STATE}/kubeadm`} ]
      [ -z "$(${downloads})" ]`,
    apply: sh`
      ${downloads} | while read -r f; do rm -f "$f"; done
      rmdir ${cache} 2>/dev/null || :
      if [ -e ${KEPT} ]; then rm -rf ${['kubeadm', 'images', ...STARTED.map((n) => `started/${n}`)].map((n) => `${NODE_STATE}/${n}`)}; else rm -rf ${NODE_STATE}; fi
      systemctl reset-failed 2>/dev/null || :`,
  });
}
