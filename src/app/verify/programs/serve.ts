import { joinShell, type Shell, sh } from '../../../shell/shell.js';
import { fields } from '../remote.js';
import { PROLOGUE } from './prologue.js';

/** Ports in the pods' network namespaces. */
export const PORTS = { echo: 9500, name: 9501, blocked: 9502, allowed: 9503 } as const;

/** Seconds after which everything of a run tidies itself up, whatever has become of its controller. */
export const TTL_SEC = 900;

/**
 * Answers in a pod's network namespace: echoes over UDP, its node's name over TCP. The pod itself only sleeps. The container
 * runtime is not asked which process it is: the kubelet puts the pod's uid into the name of its cgroup with every runtime.
 *
 * Lasts until its stdin ends, at most TTL_SEC.
 */
export function serveProgram(node: string, uid: string): Shell {
  return joinShell([
    PROLOGUE,
    sh`
      find_pid() {
        for f in $(grep -lE ${`pod(${uid}|${uid.replaceAll('-', '_')})`} /proc/[0-9]*/cgroup 2>/dev/null); do
          p="\${f#/proc/}"; p="\${p%/cgroup}"
          [ -r "/proc/$p/root/etc/resolv.conf" ] || continue
          [ "$(readlink "/proc/$p/ns/net")" != "$(readlink /proc/1/ns/net)" ] || continue
          echo "$p"
          return
        done
      }
      pid=
      for i in 1 2 3 4 5 6 7 8 9 10; do
        pid=$(find_pid)
        [ -z "$pid" ] || break
        sleep 0.5
      done
      if [ -z "$pid" ]; then echo 'no process of the pod was found in /proc' >&2; exit 1; fi
      net="nsenter -t $pid -n"
      children=
      start() { $net socat "$@" </dev/null >/dev/null 2>&1 & children="$children $!"; }
      trap '' HUP INT TERM PIPE
      start -b 65536 ${`UDP4-RECVFROM:${PORTS.echo},fork,reuseaddr`} PIPE
      for port in ${[PORTS.name, PORTS.blocked, PORTS.allowed]}; do
        start "TCP4-LISTEN:$port,fork,reuseaddr" ${`SYSTEM:echo ${node}`}
      done
      say pid "$pid"
      say mtu "$($net ip -o link show | sed -n '/: lo:/d; s/.* mtu \\([0-9]*\\) .*/\\1/p' | head -n 1)"
      say nameserver "$(sed -n 's/^nameserver *//p' "/proc/$pid/root/etc/resolv.conf" | head -n 1)"
      say search "$(sed -n 's/^search *//p' "/proc/$pid/root/etc/resolv.conf" | head -n 1)"
      echo ready
      timeout ${TTL_SEC} cat >/dev/null
      kill $children 2>/dev/null`,
  ]);
}

export interface Serving {
  readonly pid: number;
  readonly mtu: number;
  readonly nameserver: string;
  readonly domain: string;
}

/** @returns undefined: it did not come up. */
export function parseServing(lines: readonly string[]): Serving | undefined {
  const values = new Map(fields(lines).map(([key = '', value = '']) => [key, value] as const));
  const pid = Number(values.get('pid'));
  if (!lines.includes('ready') || !(pid > 0)) return undefined;
  const service = (values.get('search') ?? '').split(' ').find((d) => d.startsWith('svc.'));
  return {
    pid,
    mtu: Number(values.get('mtu')) || 1500,
    nameserver: values.get('nameserver') ?? '',
    domain: service?.slice('svc.'.length) ?? 'cluster.local',
  };
}
