import type { ErrorParts } from '../../base/errors.js';
import { compareVersions, knownKubeVersions } from '../catalogue.js';
import { knownMinors, minorOf } from '../versions.js';

/** What is wrong with a wanted Kubernetes version; undefined: it can be installed. */
export function versionProblem(
  version: string,
  bundle: { readonly name: string; readonly kubeVersion: string } | undefined,
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
  if (minors.includes(`1.${minor}`) && !known.some((v) => minorOf(v) === minor)) {
    return {
      what: `Kubernetes ${version} cannot be downloaded`,
      why: 'The catalogue has no checksums for it, and nothing is installed that is not verified',
      fix: `Install it from an offline bundle (--bundle), or choose one of ${near(version, known).join(', ')}`,
    };
  }
  return {
    what: `Kubernetes ${version} is not known`,
    why: `Known are ${known.at(-1)} to ${known[0]}`,
    fix: `The nearest are ${near(version, known).join(', ')}`,
  };
}

/** The known versions around the wanted one: same minor first, then the neighbours. */
function near(version: string, known: readonly string[]): string[] {
  const sorted = [...known].sort(compareVersions);
  const same = sorted.filter((v) => minorOf(v) === minorOf(version));
  if (same.length > 0) return same.slice(-4);
  const at = sorted.findIndex((v) => compareVersions(v, version) > 0);
  const index = at === -1 ? sorted.length : at;
  return sorted.slice(Math.max(0, index - 2), index + 2);
}
