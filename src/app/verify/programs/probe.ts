import { joinShell, rawShell, type Shell, sh } from '../../../shell/shell.js';
import { dnsQuery, octal } from '../dns-message.js';
import type { Findings, PairState, PolicyFinding, Probe } from '../model.js';
import { fields } from '../remote.js';
import { PROLOGUE } from './prologue.js';
import { PORTS } from './serve.js';

/** Headers of IPv4 and UDP. */
const HEADERS = 28;
/** What surely fits. */
const SMALL = 64;
/** Seconds that a way between two nodes may take: a node tells the others of its addresses when it gets its first pod. */
const PATIENCE_SEC = 10;
/** Programs at once per host. */
const AT_ONCE = 40;

export interface ProbePlan {
  readonly self: Probe;
  readonly peers: readonly Probe[];
  /** Address of the Service whose backends are all pods. */
  readonly service: string;
  readonly dns: boolean;
}

/** The largest payload between two pods that needs the whole of the smaller MTU. */
export function payloadOf(a: Probe, b: Probe): number {
  return Math.min(a.mtu, b.mtu) - HEADERS;
}

/** Talks to the other pods, to the Service and to the cluster's DNS out of a pod's network namespace, and to the Service from its host. */
export function probeProgram({ self, peers, service, dns }: ProbePlan): Shell {
  const query = octal(dnsQuery(`kubernetes.default.svc.${self.domain}`));
  return joinShell([
    PROLOGUE,
    inPod(self),
    sh`
      # address, bytes: whether they come back in one piece that no router may split
      echoes() {
        got=$({ dd if=/dev/zero bs="$2" count=1 2>/dev/null |
          $net socat -b 65536 -t1 -T4 - ${rawShell(`"UDP4:$1:${PORTS.echo},ip-mtu-discover=2"`)} | wc -c; } 2>"$errors.$3")
        [ "$got" -eq "$2" ]
      }
      # node, address, bytes
      pair() {
        until=
        while ! echoes "$2" "$3" "$1"; do
          now=$(date +%s)
          : "\${until:=$((now + ${PATIENCE_SEC}))}"
          if [ "$now" -ge "$until" ]; then until=over; break; fi
          sleep 1
        done
        if [ "$until" != over ]; then say pair "$1" ok; return; fi
        said=$(sed 's/.* E //' "$errors.$1" | flat)
        for i in 1 2; do
          if echoes "$2" ${SMALL} "$1"; then
            # The way may have come up in between, as after a boot.
            if echoes "$2" "$3" "$1"; then say pair "$1" ok; else say pair "$1" large "$said"; fi
            return
          fi
        done
        said=$(sed 's/.* E //' "$errors.$1" | flat)
        say pair "$1" none "$said"
      }
      # key, prefix of the command
      service() {
        for i in 1 2 3 4 5; do
          said=$($2 socat -t2 -T3 - ${`TCP4:${service}:80,connect-timeout=2`} </dev/null 2>"$errors.service.$1" | flat)
          if [ -n "$said" ]; then say "$1" ok "$said"; return; fi
        done
        said=$(sed 's/.* E //' "$errors.service.$1" | flat)
        say "$1" failed "$said"
      }
      dns() {
        for i in 1 2 3; do
          hex=$(printf ${query} | $net socat -t1 -T4 - ${`UDP4:${self.nameserver}:53`} 2>"$errors" | od -An -v -tx1 | tr -d ' \\n')
          if [ -n "$hex" ]; then break; fi
        done
        say dns "$hex" "$(sed 's/.* E //' "$errors" | flat)"
      }
      service pod "$net" &
      service host '' &`,
    ...(dns ? [sh`dns &`] : []),
    ...peers.map((p, i) => {
      const wait = (i + 1) % AT_ONCE === 0 ? rawShell('\nwait') : rawShell('');
      return sh`pair ${p.node} ${p.ip} ${payloadOf(self, p)} &${wait}`;
    }),
    sh`
      wait`,
  ]);
}

export function parseFindings(node: string, out: string): Findings {
  const lines = fields(out);
  const one = (key: string): string[] | undefined => lines.find((l) => l[0] === key);
  const service = (key: string): { ok: boolean; said: string } | undefined => {
    const line = one(key);
    return line && { ok: line[1] === 'ok', said: (line[2] ?? '').trim() };
  };
  const dns = one('dns');
  return {
    node,
    pairs: lines
      .filter((l) => l[0] === 'pair')
      .map(([, to = '', state = '', said = '']) => ({ from: node, to, state: stateOf(state), said: said.trim() })),
    dns: dns && { answer: dns[1] ?? '', said: (dns[2] ?? '').trim() },
    fromPod: service('pod'),
    fromHost: service('host'),
  };
}

function stateOf(text: string): PairState {
  return text === 'ok' || text === 'large' ? text : 'none';
}

/** Asks, out of the pod `self`, whether the policy on the pod `peer` blocks one port and lets through the other. */
export function policyProgram(self: Probe, peer: Probe): Shell {
  return joinShell([
    PROLOGUE,
    inPod(self),
    sh`
      answers() { [ "$($net socat -t1 -T2 - ${rawShell(`"TCP4:${peer.ip}:$1,connect-timeout=1"`)} </dev/null 2>/dev/null)" = ${peer.node} ]; }
      blocked=no
      for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
        if ! answers ${PORTS.blocked}; then blocked=yes; break; fi
        sleep 0.5
      done
      allowed=no
      for i in 1 2 3 4 5; do
        if answers ${PORTS.allowed}; then allowed=yes; break; fi
        sleep 0.5
      done
      say policy "$blocked" "$allowed"`,
  ]);
}

export function parsePolicy(self: Probe, peer: Probe, out: string): PolicyFinding | undefined {
  const line = fields(out).find((l) => l[0] === 'policy');
  return line && { node: peer.node, from: self.node, blocked: line[1] === 'yes', allowed: line[2] === 'yes' };
}

/** `$net` runs a program in the pod's network namespace, `$errors` names files that are gone afterwards. */
function inPod(self: Probe): Shell {
  return sh`
    if [ "$(readlink /proc/${rawShell(String(self.pid))}/ns/net)" = "$(readlink /proc/1/ns/net)" ]; then
      echo 'the pod is gone' >&2
      exit 1
    fi
    net="nsenter -t ${rawShell(String(self.pid))} -n"
    dir=$(mktemp -d)
    trap 'rm -rf "$dir"' EXIT
    trap 'exit 1' HUP INT TERM
    errors="$dir/e"`;
}
