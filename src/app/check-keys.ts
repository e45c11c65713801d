import { sh } from '../shell/shell.js';
import type { KeyHost } from './distribute-keys.js';
import { runScript } from './run-script.js';

export interface PairResult {
  readonly from: string;
  readonly to: string;
  /** Undefined: the login succeeded. */
  readonly error?: string;
}

/** Every machine logs in to every other, with keys alone and strict host-key checking. */
export async function checkMesh(hosts: readonly KeyHost[]): Promise<PairResult[]> {
  const rows = await Promise.all(
    hosts.map(async (from): Promise<PairResult[]> => {
      const others = hosts.filter((h) => h !== from);
      if (others.length === 0) return [];
      try {
        return parse(from.name, others, await runScript(from.session, script(others), from.account !== from.session.target.user));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return others.map((to) => ({ from: from.name, to: to.name, error: why }));
      }
    }),
  );
  return rows.flat();
}

function script(others: readonly KeyHost[]): ReturnType<typeof sh> {
  const peers = others.map((o) => `${o.name}/${o.account}@${o.addresses.at(-1)}/${o.port}`);
  return sh`
    try() {
      name=\${1%%/*} rest=\${1#*/}
      if out=$(ssh -n -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=10 -p "\${rest#*/}" "\${rest%%/*}" true 2>&1); then
        printf '%s\\tok\\n' "$name"
      else
        printf '%s\\t%s\\n' "$name" "$(printf '%s' "$out" | tail -n 1)"
      fi
    }
    n=0
    for peer in ${peers}; do
      try "$peer" &
      n=$((n + 1))
      [ $((n % 4)) -ne 0 ] || wait
    done
    wait`;
}

function parse(from: string, others: readonly KeyHost[], output: string): PairResult[] {
  const said = new Map(output.split('\n').map((l) => [l.split('\t')[0] ?? '', l.split('\t').slice(1).join(' ').trim()]));
  return others.map((to) => {
    const word = said.get(to.name);
    return { from, to: to.name, error: word === 'ok' ? undefined : (word ?? 'no answer') };
  });
}
