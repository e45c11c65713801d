import { KubewrightError } from '../../../base/errors.js';
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
  return 0;
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

/**
 * Lists the resources, and asks for one object of each: the answer says how many are left (`remainingItemCount`), so that a big cluster
 * does not send all its objects.
 */
function program(host: ClusterHost): Shell {
  return sh`
    kubectl() { ${`${host.settings.bin_dir}/kubectl`} --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s "$@"; }
    list=$(kubectl api-resources --verbs=list --no-headers -o wide) || [ -n "$list" ]
    printf '%s\n' "$list" | while read -r line; do say resource "$line"; done
    count() {
      # These know no limit.
      case $1/$2 in
        v1/componentstatuses | metrics.k8s.io/*)
          say count "$1 $2 $(kubectl get "$2" -A --no-headers -o name 2>/dev/null | grep -c '')"
          return
          ;;
      esac
      case $1 in */*) path=/apis/$1/$2 ;; *) path=/api/$1/$2 ;; esac
      kubectl get --raw "$path?limit=1" 2>/dev/null | tr -d '\n ' | awk -v key="$1 $2" '{
        n = index($0, "\"items\":[{") > 0
        if (match($0, /"remainingItemCount":[0-9]+/)) n += substr($0, RSTART + 21, RLENGTH - 21)
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
