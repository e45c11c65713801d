import type { ClusterHost } from '../../../cluster/cluster.js';
import { joinShell, type Shell, sh } from '../../../shell/shell.js';

export interface Wanted {
  readonly uid: string;
  readonly ip: string;
  readonly containers: readonly { readonly name: string; readonly id: string }[];
  readonly others: readonly { readonly node: string; readonly ip: string; readonly name: string }[];
}

/** Functions that print what is known of a process and of its cgroup. Environments and arguments stay unread: they may hold secrets. */
const FUNCTIONS = sh`
  hz=$(getconf CLK_TCK)
  btime=$(awk '$1 == "btime" { print $2 }' /proc/stat)
  process() {
    [ -r "/proc/$2/status" ] || return 0
    say "$1.pid" "$2"
    say "$1.comm" "$(cat "/proc/$2/comm")"
    say "$1.exe" "$(readlink "/proc/$2/exe")"
    say "$1.nspid" "$(awk '$1 == "NSpid:" { $1 = ""; print substr($0, 2) }' "/proc/$2/status")"
    say "$1.ppid" "$(awk '$1 == "PPid:" { print $2 }' "/proc/$2/status")"
    say "$1.uid" "$(awk '$1 == "Uid:" { print $2 }' "/proc/$2/status")"
    # The name in parentheses may hold anything.
    say "$1.started" "$(sed 's/.*) //' "/proc/$2/stat" | awk -v b="$btime" -v hz="$hz" '{ printf "%.0f", b * 1000 + $20 * 1000 / hz }')"
    namespaces "$1" "$2"
  }
  namespaces() {
    for n in net uts ipc pid mnt cgroup user time; do say "$1.ns" "$n $(readlink "/proc/$2/ns/$n")"; done
  }
  group_of() {
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then awk -F: '$1 == "0" { print $3 }' "/proc/$1/cgroup"
    else awk -F: '$2 ~ /(^|,)memory(,|$)/ { print $3 }' "/proc/$1/cgroup"; fi
  }
  files() {
    for f in $3; do [ ! -r "$2/$f" ] || say "$1.cg" "$f $(tr '\n' ' ' < "$2/$f")"; done
  }
  cgroup() {
    say "$1.cgpath" "$2"
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
      files "$1" "/sys/fs/cgroup$2" 'memory.max memory.current cpu.max cpu.weight cpu.stat pids.current pids.max'
    else
      files "$1" "/sys/fs/cgroup/memory$2" 'memory.limit_in_bytes memory.usage_in_bytes'
      files "$1" "/sys/fs/cgroup/cpu$2" 'cpu.cfs_quota_us cpu.cfs_period_us cpu.shares'
      files "$1" "/sys/fs/cgroup/cpuacct$2" 'cpuacct.usage'
      files "$1" "/sys/fs/cgroup/pids$2" 'pids.current pids.max'
    fi
  }
  procs_of() {
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then cat "/sys/fs/cgroup$1/cgroup.procs"; else cat "/sys/fs/cgroup/memory$1/cgroup.procs"; fi
  }
  unit() {
    pid=$(systemctl show -p MainPID --value "$1.service" 2>/dev/null) || return 0
    [ "\${pid:-0}" -gt 0 ] || return 0
    say "$1" "$pid $("/proc/$pid/exe" --version 2>/dev/null | head -n 1)"
  }
  pem() {
    openssl x509 -noout -subject -issuer -enddate -fingerprint -sha256 -nameopt RFC2253 2>/dev/null | while read -r line; do say cert "$1 $line"; done
  }
  served() {
    out=$(timeout 10 openssl s_client -connect "$2" -CAfile "$ca" < /dev/null 2>/dev/null) || :
    printf '%s\n' "$out" | pem "$1"
    say cert "$1 trusted=$(printf '%s\n' "$out" | grep -q 'Verify return code: 0 ' && echo yes || echo no)"
  }`;

/** Looks at a pod on its node. Changes nothing: it reads /proc and /sys, asks containerd, and opens two TLS connections. */
export function lookAtNode(host: ClusterHost, pod: Wanted): Shell {
  return joinShell([
    sh`PATH=${host.settings.bin_dir}:$PATH`,
    FUNCTIONS,
    sh`
      unit kubelet
      unit containerd
      say runc "$(command -v runc) $(runc --version 2>/dev/null | head -n 1)"
      namespaces host 1
      sandbox=$(crictl pods -q --no-trunc --label ${`io.kubernetes.pod.uid=${pod.uid}`} --state Ready 2>/dev/null | head -n 1)
      say sandbox "$sandbox"
      pause=
      if [ -n "$sandbox" ]; then pause=$(crictl inspectp -o go-template --template '{{.info.pid}}' "$sandbox" 2>/dev/null) || :; fi
      if [ "\${pause:-0}" -gt 0 ] 2>/dev/null; then
        process pause "$pause"
        process shim "$(awk '$1 == "PPid:" { print $2 }' "/proc/$pause/status")"
        group=$(group_of "$pause")
        cgroup pod "\${group%/*}"
      fi`,
    ...pod.containers.map((c) => lookAtContainer(c)),
    lookAtNetwork(pod),
    CERTIFICATES,
  ]);
}

function lookAtContainer({ name, id }: { readonly name: string; readonly id: string }): Shell {
  return sh`
    pid=$(crictl inspect -o go-template --template '{{.info.pid}}' ${id} 2>/dev/null) || pid=0
    if [ "\${pid:-0}" -gt 0 ] 2>/dev/null && [ -d "/proc/$pid" ]; then
      process ${`c.${name}`} "$pid"
      group=$(group_of "$pid")
      cgroup ${`c.${name}`} "$group"
      say ${`c.${name}.root`} "$(awk '$5 == "/" { sub(/.* - /, ""); print; exit }' "/proc/$pid/mountinfo")"
      procs_of "$group" | head -n 40 | while read -r q; do
        say ${`c.${name}.proc`} "$q $(awk '$1 == "NSpid:" { print $NF }' "/proc/$q/status") $(cat "/proc/$q/comm")"
      done
    fi`;
}

function lookAtNetwork({ ip, others }: Wanted): Shell {
  return sh`
    if [ "\${pause:-0}" -gt 0 ] 2>/dev/null && [ "$(readlink "/proc/$pause/ns/net")" != "$(readlink /proc/1/ns/net)" ]; then
      inside() { nsenter -t "$pause" -n "$@"; }
      inside ip -o addr show scope global | while read -r _ dev _ address _; do say net.address "$dev $address"; done
      link=$(inside ip -o link | grep -v ' lo: ' | head -n 1)
      say net.inside "$link"
      peer=$(printf '%s' "$link" | sed -n 's/^[0-9]*: [^:]*@if\\([0-9]*\\):.*/\\1/p')
      say net.outside "$(ip -o link | awk -v n="$peer:" '$1 == n')"
      say net.gateway "$(inside ip -o route show default | head -n 1)"
      say net.route "$(ip -o route get ${ip} | head -n 1)"
    fi
    ${joinShell(others.map((o) => sh`say net.other ${`${o.node} ${o.name} `}"$(ip -o route get ${o.ip} 2>&1 | head -n 1)"`))}`;
}

const CERTIFICATES = sh`
  ca=/etc/kubernetes/pki/ca.crt
  server=$(awk '$1 == "server:" { print $2; exit }' /etc/kubernetes/kubelet.conf)
  say server "$server"
  kubelet=$(systemctl show -p MainPID --value kubelet.service 2>/dev/null) || kubelet=0
  ss -Htnp state established 2>/dev/null | grep "pid=$kubelet," | awk -v port="\${server##*:}" '$4 ~ ":" port "$" { print $4 }' | sort -u | while read -r p; do say peer "$p"; done
  pem ca < "$ca"
  own=/var/lib/kubelet/pki/kubelet-client-current.pem
  pem kubelet-client < "$own"
  if openssl verify -CAfile "$ca" "$own" > /dev/null 2>&1; then say cert 'kubelet-client trusted=yes'; else say cert 'kubelet-client trusted=no'; fi
  address=\${server#https://}
  served api-server "$address"
  served kubelet-server 127.0.0.1:10250`;
