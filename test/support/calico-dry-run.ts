import { stringify } from 'yaml';
import { kustomizationFiles } from '../../src/roles/network/calico/kustomization.js';
import { bgpConfiguration, bgpPeers, poolObject } from '../../src/roles/network/calico/objects.js';
import { joinShell, sh } from '../../src/shell/shell.js';
import { CALICO } from './calico.js';
import { sampleCluster } from './cluster.js';

/** Typha has a manifest of its own, which a bundle from Go modules lacks. */
export const DRY_RUNS = Object.entries(CALICO).filter(([, { vars }]) => vars.typha_enabled !== true);

/**
 * A program for a control plane with Calico: lets the API server take every combination of settings in a dry run. It prints `NAME ok` for
 * each that is taken, and for another one what the API server said.
 */
export function dryRunProgram(): string {
  return joinShell([
    sh`
      export KUBECONFIG=/etc/kubernetes/admin.conf
      top=$(mktemp -d)
      trap 'rm -rf "$top"' EXIT`,
    ...DRY_RUNS.map(([name, { vars, reflectors }]) => {
      const cluster = sampleCluster({ vars, reflectors });
      const files = kustomizationFiles({ cluster, typha: false, mirrored: true });
      const bgp = vars.calico_network_backend === 'bird' ? [...bgpPeers(cluster), bgpConfiguration(cluster)] : [];
      const objects = [poolObject(cluster), ...bgp].map((o) => stringify(o)).join('---\n');
      return joinShell([
        sh`d="$top"/${name}; mkdir "$d"; cp /etc/kubernetes/calico/calico.yaml "$d"`,
        ...Object.entries(files).map(([file, content]) => sh`printf '%s' ${content} > "$d"/${file}`),
        sh`
          printf '%s' ${objects} > "$top/objects.yaml"
          if out=$(kubectl apply --dry-run=server -k "$d" 2>&1 && kubectl apply --dry-run=server -f "$top/objects.yaml" 2>&1)
          then case $out in *eprecat*) printf '%s\\n' "$out" | grep eprecat ;; *) echo ${`${name} ok`} ;; esac; else printf '%s\\n' "$out" | tail -n 3; fi`,
      ]);
    }),
  ]).text;
}
