import { stdoutColumns, tableLines } from '../../base/text/table.js';
import { wrapTo } from '../../base/text/width.js';
import { catalogue, compareVersions, defaultKubeVersion, knownKubeVersions, knownVersions } from '../../cluster/catalogue.js';

export interface VersionsOptions {
  readonly json: boolean;
  /** Every patch, not only the newest of each minor. */
  readonly all: boolean;
}

interface InstallableVersion {
  readonly version: string;
  readonly default: boolean;
  /** Older patches that can be installed as well, newest first. */
  readonly patches: readonly string[];
  readonly etcd?: string;
  readonly coredns?: string;
  readonly pause?: string;
}

/** `versions`: what can be installed from official releases, and what comes with it. Nothing is asked over the network. */
export function versions(o: VersionsOptions): number {
  const { date, files } = catalogue();
  const minors = installable();
  const components = Object.keys(files)
    .filter((name) => !['kubeadm', 'kubelet', 'kubectl'].includes(name))
    .map((name) => ({ name, default: files[name]?.default ?? '', versions: knownVersions(name) }));
  if (o.json) print(JSON.stringify({ date, kubernetes: minors, components }, undefined, 2));
  else {
    const columns = stdoutColumns();
    const text = (line: string): string[] => (columns === undefined ? [line] : wrapTo(line, columns, 0));
    print(...text(`Official releases with known checksums (catalogue of ${date}):`), '');
    print(
      ...tableLines([['KUBERNETES', 'ETCD', 'COREDNS', 'PAUSE', 'ALSO'], ...minors.map((m) => row(m, o.all))], stdoutColumns()),
      '',
    );
    print(
      ...tableLines(
        [
          ['COMPONENT', 'DEFAULT', 'KNOWN'],
          ...components.map((c) => [c.name, c.default, o.all ? c.versions.join(' ') : span(c.versions)]),
        ],
        stdoutColumns(),
      ),
      '',
    );
    print(
      ...text(
        'Set kube_version to a version, to a minor such as 1.36, or to latest; offline bundles bring versions of their own.',
      ),
    );
  }
  return 0;
}

function installable(): InstallableVersion[] {
  const { pairings } = catalogue();
  const byMinor = new Map<string, string[]>();
  for (const version of knownKubeVersions()) {
    const minor = version.split('.').slice(0, 2).join('.');
    byMinor.set(minor, [...(byMinor.get(minor) ?? []), version]);
  }
  return [...byMinor].map(([minor, [version = '', ...patches]]) => ({
    version,
    default: version === defaultKubeVersion(),
    patches,
    etcd: pairings.etcd[minor],
    coredns: pairings.coredns[minor],
    pause: pairings.pause[minor],
  }));
}

function row(m: InstallableVersion, all: boolean): string[] {
  return [
    m.default ? `${m.version} (default)` : m.version,
    m.etcd ?? '',
    m.coredns ?? '',
    m.pause ?? '',
    all ? m.patches.join(' ') : span(m.patches),
  ];
}

/** `1.36.0 to 1.36.3`; the versions themselves where they are few. */
function span(versions: readonly string[]): string {
  const sorted = versions.toSorted(compareVersions);
  return sorted.length <= 2 ? sorted.join(', ') : `${sorted[0]} to ${sorted.at(-1)}`;
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
