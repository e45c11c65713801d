import { randomBytes } from 'node:crypto';
import { joinShell, rawShell } from '../../../shell/shell.js';
import type { KeyHost, KeyPeer, KeyResult } from '../model/model.js';
import { reasonOf } from '../model/reason.js';
import { inTurns, type Steering } from '../model/turns.js';
import { assign, payloadOf, runAs } from '../programs/remote.js';

export interface PairResult {
  readonly from: string;
  readonly to: string;
  /** Undefined: the login succeeded. Else OpenSSH's error on that host. */
  readonly error?: string;
}

export interface MeshOptions extends Steering {
  /** Private key file, below ~/.ssh, that a host must use; undefined: ssh's own choice. */
  readonly identity?: (host: string) => string | undefined;
}

/** Every host logs in to every other, with keys only and strict host key checking. `to`: includes hosts that we cannot reach. */
export async function checkMesh(from: readonly KeyHost[], to: readonly KeyPeer[], o: MeshOptions = {}): Promise<PairResult[]> {
  const rows = new Map<string, PairResult[]>();
  const failed = new Map<string, KeyResult>();
  const logins = from.reduce((n, h) => n + to.filter((p) => p.name !== h.name).length, 0);
  await inTurns({ doing: 'logging in', parts: { noun: 'login', of: logins } }, from, o, failed, async (h) => {
    // Each begins with its neighbour, so that they do not all connect to the same host at once (MaxStartups).
    const at = to.findIndex((p) => p.name === h.name);
    const others = [...to.slice(at + 1), ...to.slice(0, Math.max(at, 0))];
    if (others.length === 0) return;
    const payload = payloadOf(others.map((p) => `P ${p.name} ${p.account} ${p.called.address} ${p.called.port}`));
    const word = randomBytes(8).toString('hex');
    const program = joinShell([assign({ dry: 'yes', self: h.name, identity: o.identity?.(h.name) ?? '', word }), LOGINS]);
    // One line per login.
    const told = (): void => o.progress?.part(1);
    rows.set(h.name, parse(h.name, to, await runAs(h, program, payload, o.interrupt?.kill, told)));
  });
  return from.flatMap((h) => {
    const error = failed.get(h.name)?.error;
    return error ? failedPairs(h.name, to, reasonOf(error)) : (rows.get(h.name) ?? []);
  });
}

/** A host that cannot log in anywhere. */
export function failedPairs(from: string, to: readonly KeyPeer[], error: string): PairResult[] {
  return to.filter((p) => p.name !== from).map((p) => ({ from, to: p.name, error }));
}

/**
 * A login counts when the other host has run a command, whose output differs from its text: a login shell or a forced command
 * may end well without. A dropped connection is not an answer: sshd drops some when many arrive at once, so the login is retried
 * a moment later.
 */
const LOGINS = rawShell(`
command -v ssh >/dev/null 2>&1 || die 'ssh is missing: install openssh-client (openssh-clients)'
login() {
  try=1
  while :; do
    rc=0
    said=$(ssh -n -T \${identity:+-i "$ssh/$identity" -o IdentitiesOnly=yes} -o BatchMode=yes -o StrictHostKeyChecking=yes \\
      -o UpdateHostKeys=no -o ControlPath=none -o ConnectTimeout=10 -l "$2" -p "$4" -- "$3" "printf 'kw-%s-in\\\\n' $word" 2>&1) || rc=$?
    case $said in
      *"kw-$word-in"*)
        printf '%s\\tok\\n' "$1"
        return 0 ;;
      *kex_exchange_identification* | *'Connection reset by'* | *'Connection closed by'* | *banner*)
        # Pauses differ by host and try, or all retries would collide.
        if [ $try -lt 5 ]; then
          sleep "$((try - 1)).$(printf '%s' "$self$1$try" | { cksum 2>/dev/null || echo $$; } | cut -c 1-2)"
          try=$((try + 1))
          continue
        fi ;;
    esac
    ran=
    [ $rc -eq 255 ] || ran="it lets the key in, but runs no command (status $rc): "
    printf '%s\\t%s%s\\n' "$1" "$ran" "$(printf '%s' "$said" | tr -d '\\r' | tr '\\t' ' ' | grep -v '^[[:blank:]]*$' | tail -n 1 | cut -c 1-400)"
    return 0
  done
}
n=0
for peer in $(payload | cut -d ' ' -f 2-5 | tr ' ' '/'); do
  login "\${peer%%/*}" "$(printf '%s' "$peer" | cut -d / -f 2)" "$(printf '%s' "$peer" | cut -d / -f 3)" "\${peer##*/}" &
  n=$((n + 1))
  [ $((n % 4)) -ne 0 ] || wait
done
wait
`);

function parse(from: string, to: readonly KeyPeer[], fields: readonly string[][]): PairResult[] {
  const said = new Map(fields.map(([name = '', word = '']) => [name, word]));
  return to
    .filter((p) => p.name !== from)
    .map(({ name }) => {
      const word = said.get(name);
      return { from, to: name, error: word === 'ok' ? undefined : (word ?? 'no answer') };
    });
}
