import { KubewrightError, type Warning } from '../../../base/errors.js';
import { count } from '../../../base/text/format.js';
import { writeWarning } from '../../../base/text/render-error.js';
import { tableLines } from '../../../base/text/table.js';
import type { ClusterHost } from '../../../cluster/cluster.js';
import { type Shell, sh } from '../../../shell/shell.js';
import type { ConnectionOptions, VaultOptions } from '../../connect/options.js';
import { type ClusterSource, readCluster } from '../../inventory/read-cluster.js';
import { type Answer, requireAny, withHosts } from '../ask.js';
import { card } from './card.js';
import { parseResources, type Resource } from './resources.js';

export interface ShortnamesOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly vault?: VaultOptions;
  readonly connection: ConnectionOptions;
  /** Also Kubernetes' own resources without a short name. */
  readonly all: boolean;
  readonly card: boolean;
  readonly json: boolean;
}

/** `shortnames`. @returns exit code. @throws KubewrightError where no control plane answers. */
export async function shortnames(o: ShortnamesOptions): Promise<number> {
  const source = await readCluster({ ...o, evenEtcd: true });
  await source.bundle?.close();
  const answer = await askAll(source, o.connection);
  const all = parseResources(answer);
  const shown = all.filter((r) => o.all || r.custom || r.shortNames.length > 0);
  const text = o.json ? `${JSON.stringify(shown, undefined, 2)}\n` : o.card ? card(shown, source.cluster.settings) : table(shown);
  process.stdout.write(text);
  for (const warning of unanswered(answer, shown)) writeWarning(warning);
  return 0;
}

/** What the list lacks: an aggregated API server that is away takes its whole group with it. */
export function unanswered(answer: Answer, shown: readonly Resource[]): Warning[] {
  const fix = 'Run kubectl get apiservices on a control plane: it names the API that is not available, and why';
  const lost = (answer.get('trouble') ?? []).filter((line) => /unable to retrieve the complete list/.test(line));
  const uncounted = shown.filter((r) => r.count === undefined);
  const groups = [...new Set(uncounted.map((r) => r.apiVersion))];
  return [
    ...lost.map((line) => ({ what: 'The list is not complete', why: line.replace(/^error: /, ''), fix })),
    ...(uncounted.length > 0
      ? [{ what: `${groups.join(', ')}: ${count(uncounted.length, 'resource')} could not be counted`, fix }]
      : []),
  ];
}

/** The first control plane whose API server answers. @throws KubewrightError */
async function askAll(source: ClusterSource, connection: ConnectionOptions): Promise<Answer> {
  const planes = source.cluster.controlPlane;
  return await withHosts(source, planes, connection, async (asker) => {
    requireAny(asker, planes.length);
    for (const host of planes.filter((h) => !asker.failures.has(h.name))) {
      const answer = (await asker.ask([host], program)).answers.get(host.name);
      if (answer?.has('resource')) return answer;
    }
    throw new KubewrightError({
      what: 'No API server lists its resources',
      where: planes.map((h) => h.name).join(', '),
      why: [...asker.failures.values()][0]?.message,
      fix: 'kubewright status -i INVENTORY shows what runs; without a cluster, kubewright provision installs one',
    });
  });
}

/** Seconds for all counts together: what is not counted by then is not known. */
const COUNT_SEC = 60;

/**
 * Lists the resources, and asks for one object of each: the answer says how many are left (`remainingItemCount`), so that a big cluster
 * does not send all its objects.
 */
export function program(host: ClusterHost): Shell {
  return sh`
    kubectl() { ${`${host.settings.bin_dir}/kubectl`} --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s "$@"; }
    said=$(mktemp)
    trap 'rm -f "$said"' EXIT
    list=$(kubectl api-resources --verbs=list --no-headers -o wide 2>"$said") || :
    while read -r line; do say trouble "$line"; done <"$said"
    [ -n "$list" ] || exit 0
    printf '%s\n' "$list" | while read -r line; do say resource "$line"; done
    end=$(($(date +%s) + ${COUNT_SEC}))
    count() {
      [ "$(date +%s)" -lt "$end" ] || return 0
      # These know no limit.
      case $1/$2 in v1/componentstatuses | metrics.k8s.io/*) whole=1 ;; *) whole=0 ;; esac
      case $1 in */*) path=/apis/$1/$2 ;; *) path=/api/$1/$2 ;; esac
      # Without an answer nothing is printed: that is not none.
      kubectl get --raw "$path?limit=1" 2>/dev/null | tr -d '\n ' | awk -v key="$1 $2" -v whole=$whole '/"items":/ {
        if (whole) n = gsub(/"metadata":[{]"name"/, "")
        else {
          n = index($0, "\"items\":[{") > 0
          if (match($0, /"remainingItemCount":[0-9]+/)) n += substr($0, RSTART + 21, RLENGTH - 21)
        }
        print "count\\t" key " " n
      }'
    }
    # Four at a time.
    i=0
    printf '%s\n' "$list" | awk '{ for (f = 2; f <= NF; f++) if ($f == "true" || $f == "false") { print $(f - 1), $1; break } }' | {
      while read -r version name; do
        count "$version" "$name" &
        i=$((i + 1))
        [ $((i % 4)) -ne 0 ] || wait
      done
      wait
    }`;
}

function table(resources: readonly Resource[]): string {
  const rows = resources.map((r) => [
    r.shortNames.join(','),
    r.name,
    r.kind,
    r.apiVersion,
    r.namespaced ? 'yes' : 'no',
    r.count === undefined ? '?' : String(r.count),
  ]);
  return `${tableLines([['SHORT', 'RESOURCE', 'KIND', 'API', 'NAMESPACED', 'THERE ARE'], ...rows]).join('\n')}\n`;
}
