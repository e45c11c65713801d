import type { ErrorParts, Warning } from '../../base/errors.js';
import type { Place } from '../../base/place.js';
import { catalogue, compareVersions, knownKubeVersions, knownVersions } from '../catalogue.js';
import { CHECKSUM_SETTINGS, ownChecksums } from '../checksums.js';
import type { Cluster } from '../cluster.js';
import type { ClusterSettings } from '../settings.js';
import { knownMinors, minorOf } from '../versions.js';
import { whereOf } from './findings.js';

const KUBERNETES = ['kubeadm', 'kubelet', 'kubectl'] as const;

/** Why a version of Kubernetes cannot be installed; undefined: it can. */
export function versionProblem(
  version: string,
  bundle: { readonly name: string; readonly kubeVersion: string } | undefined,
  settings: Partial<ClusterSettings> = {},
): ErrorParts | undefined {
  const minor = minorOf(version);
  const minors = knownMinors();
  if (bundle) {
    if (bundle.kubeVersion === version) {
      return minors.includes(`1.${minor}`)
        ? undefined
        : { what: `Kubernetes ${version} is not known`, fix: `Use a bundle of ${minors[0]} to ${minors.at(-1)}` };
    }
    return {
      what: `The bundle ${bundle.name} holds Kubernetes ${bundle.kubeVersion}, not ${version}`,
      fix: `Set kube_version: '${bundle.kubeVersion}', or give another bundle`,
    };
  }
  const known = knownKubeVersions();
  if (known.includes(version)) return undefined;
  if (minors.includes(`1.${minor}`) && KUBERNETES.every((name) => ownChecksums(settings, name).has(version))) return undefined;
  if (/^1\.\d$/.test(version)) {
    return {
      what: `Kubernetes ${version} is not known`,
      why: 'YAML reads 1.30 as the number 1.3',
      fix: `Put it in quotes: kube_version: '${version}0'`,
    };
  }
  if (minors.includes(`1.${minor}`) && !known.some((v) => minorOf(v) === minor)) {
    return {
      what: `Kubernetes ${version} cannot be downloaded`,
      why: 'The catalogue has no checksums for it, and nothing is installed that is not verified',
      fix: `Install it from an offline bundle (--bundle), or choose ${near(version, known).join(' or ')}`,
    };
  }
  return {
    what: `Kubernetes ${version} is not known`,
    why: `The catalogue of ${catalogue().date} has ${known.at(-1)} to ${known[0]}`,
    fix: `Choose one of the nearest: ${near(version, known).join(', ')}; or set ${KUBERNETES.map((n) => CHECKSUM_SETTINGS[n]).join(', ')}`,
  };
}

/** The newest patches of the same minor, else the newest of each neighbouring minor. */
function near(version: string, known: readonly string[]): string[] {
  const sorted = [...known].sort(compareVersions);
  const same = sorted.filter((v) => minorOf(v) === minorOf(version));
  if (same.length > 0) return same.slice(-4);
  const newest = sorted.filter((v, i) => minorOf(v) !== minorOf(sorted[i + 1] ?? '0.0.0'));
  const above = newest.findIndex((v) => compareVersions(v, version) > 0);
  const index = above === -1 ? newest.length : above;
  return newest.slice(Math.max(0, index - 1), index + 1);
}

/** Component versions without a checksum: nothing that is not verified is installed. */
export function componentProblems(settings: ClusterSettings, where: (name: string) => Place | undefined): ErrorParts[] {
  const values: Readonly<Record<string, unknown>> = settings;
  return Object.entries(catalogue().files).flatMap(([file, { setting = 'kube_version' }]) => {
    const version = values[setting];
    if (setting === 'kube_version' || typeof version !== 'string') return [];
    const known = knownVersions(file);
    if (known.includes(version) || ownChecksums(settings, file).has(version)) return [];
    const own = Object.hasOwn(CHECKSUM_SETTINGS, file) ? CHECKSUM_SETTINGS[file as keyof typeof CHECKSUM_SETTINGS] : undefined;
    const nearest = nearestPatch(version, known);
    return {
      what: `${setting} ${version} has no known checksum`,
      where: where(setting),
      why: `The catalogue of ${catalogue().date} has ${nearest.join(', ')}${nearest.length < known.length ? ' and others' : ''}; nothing is installed that is not verified`,
      fix: `Choose one of these${own ? `, set its checksum in ${own},` : ''} or install from an offline bundle (--bundle)`,
    };
  });
}

/** The newest ones of the same minor, else the newest of all. */
function nearestPatch(version: string, known: readonly string[]): string[] {
  const minor = version.split('.').slice(0, 2).join('.');
  const same = known.filter((v) => v.startsWith(`${minor}.`));
  return (same.length > 0 ? same : known).slice(0, 4);
}

/** Versions that the inventory names and that are not in the bundle: its files are installed all the same. */
export function otherThanBundled(
  cluster: Cluster,
  bundle: { readonly name: string; readonly files: readonly { readonly name: string; readonly version: string }[] },
): Warning[] {
  const [host] = cluster.controlPlane;
  return Object.entries(catalogue().files).flatMap(([name, { setting }]) => {
    if (setting === undefined || setting === 'kube_version') return [];
    const wanted = (cluster.settings as Readonly<Record<string, unknown>>)[setting];
    const held = bundle.files.filter((f) => f.name === name).map((f) => f.version);
    const [version] = held;
    if (typeof wanted !== 'string' || version === undefined || held.includes(wanted)) return [];
    return [
      {
        what: `${setting} is ${wanted}, and the bundle ${bundle.name} holds ${version}, which is installed`,
        where: host && whereOf(host.inventoryHost, setting),
        fix: `Remove ${setting}, or give a bundle with ${wanted}`,
      },
    ];
  });
}
