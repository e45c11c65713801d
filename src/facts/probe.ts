import { joinShell, type Shell, sh } from '../shell/shell.js';
import { type LivingPlaces, livingProbe } from './living/probe-living.js';

/** A kernel feature: the name of its module, and a path that exists exactly when it is there; default: the loaded module's. */
interface ProbedModule {
  readonly name: string;
  readonly path?: string;
  /** Where it is built in it leaves no trace: without a directory of modules it counts as there. */
  readonly traceless?: true;
}

/** A peer's port that the host must be able to reach. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What to find out besides the system and its size. */
export interface ProbeOptions {
  /** Programs of which the facts say whether they exist. */
  readonly tools: readonly string[];
  readonly modules: readonly ProbedModule[];
  readonly endpoints: readonly Endpoint[];
  /** Where to look for a living cluster; absent: not asked. */
  readonly living?: LivingPlaces;
}

/**
 * The script that runs as root, once per host. It prints `key<TAB>value` lines and never fails as a whole: what cannot be found
 * out is omitted. Plain POSIX shell; it changes nothing.
 *
 * A peer is reachable when something answers, even with a refusal: the probe looks for silent firewalls.
 */
export function probe({ tools, modules, endpoints, living }: ProbeOptions): Shell {
  return joinShell([
    sh`
      LC_ALL=C; export LC_ALL
      PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH
      say() { printf '%s\t%s\n' "$1" "$2"; }
      say clock "$(date +%s%3N)"
      say uid "$(id -u)"
      for f in /etc/os-release /usr/lib/os-release; do
        [ ! -r "$f" ] || { awk '{print "os-release\t" $0}' "$f"; break; }
      done
      say arch "$(uname -m)"
      say kernel "$(uname -r)"
      say hostname "$(uname -n)"
      say machine-id "$(cat /etc/machine-id 2>/dev/null)"
      say init "$(cat /proc/1/comm 2>/dev/null)"
      say memory-kb "$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)"
      say swap-kb "$(awk 'NR > 1 {s += $3} END {print s + 0}' /proc/swaps 2>/dev/null)"
      for d in / /var/lib /usr/local; do say disk "$d $(df -Pk "$d" 2>/dev/null | awk 'NR == 2 {print $4}')"; done
      ip -o addr show 2>/dev/null | awk '{split($4, a, "/"); print "address\t" a[1]}'
      say cgroup-fs "$(stat -f -c %T /sys/fs/cgroup 2>/dev/null)"
      say cgroup-v2 "$(cat /sys/fs/cgroup/cgroup.controllers 2>/dev/null)"
      say cgroup-v1 "$(awk '!/^#/ && $4 == 1 {printf "%s ", $1}' /proc/cgroups 2>/dev/null)"
      [ ! -e /etc/kubernetes/kubelet.conf ] || say node yes
      [ ! -d /usr/bin ] || [ -w /usr/bin ] || say read-only-usr yes
      resolv=/etc/resolv.conf
      if systemctl is-active --quiet systemd-resolved 2>/dev/null && [ -r /run/systemd/resolve/resolv.conf ]; then resolv=/run/systemd/resolve/resolv.conf; fi
      awk '$1 == "nameserver" {print "nameserver	" $2}' "$resolv" 2>/dev/null
      for t in ${tools}; do command -v "$t" >/dev/null 2>&1 && say tool "$t"; done
      if command -v ss >/dev/null 2>&1; then
        ss -Hltnp 2>/dev/null | sed -n 's/^[^ ]* *[0-9]* *[0-9]* *[^ ]*:\\([0-9]*\\) .*/\\1 &/p' |
          sed 's/^\\([0-9]*\\) .*(("\\([^"]*\\)".*/\\1 \\2/; s/^\\([0-9]*\\) [A-Z].*/\\1 /; s/^/listen\t/'
      fi`,
    ...modules.map(({ name, path = `/sys/module/${name}`, traceless }) => {
      const builtIn = traceless ? sh` || [ ! -d "/lib/modules/$(uname -r)" ]` : sh``;
      const there = sh`[ -e ${path} ] || grep -qw ${name} /proc/filesystems || modprobe -n -q ${name} 2>/dev/null${builtIn}`;
      return sh`if ${there}; then say module ${`${name} yes`}; else say module ${`${name} no`}; fi`;
    }),
    ...(endpoints.length === 0 ? [] : [reachability(endpoints)]),
    ...(living ? [livingProbe(living)] : []),
  ]);
}

function reachability(endpoints: readonly Endpoint[]): Shell {
  return sh`
    if command -v bash >/dev/null 2>&1 && [ ! -e /etc/kubernetes/kubelet.conf ]; then
      try() {
        out=$(timeout 4 bash -c '</dev/tcp/$0/$1' "$1" "$2" 2>&1); rc=$?
        case $rc:$out in
          124:*) say unreachable "$1 $2 timeout" ;;
          *'o route to host'* | *'is unreachable'*) say unreachable "$1 $2 no-route" ;;
        esac
      }
      n=0
      for e in ${endpoints.map((e) => `${e.address}/${e.port}`)}; do
        try "\${e%/*}" "\${e##*/}" &
        n=$((n + 1))
        [ $((n % 20)) -ne 0 ] || wait
      done
      wait
    fi`;
}
