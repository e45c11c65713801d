import type { ErrorParts } from '../../../base/errors.js';
import { InputError } from '../../../base/errors.js';
import { compareVersions } from '../../../cluster/catalogue.js';
import { minorOf } from '../../../cluster/versions.js';

/** Versions of Kubernetes that run, none of them with `v`. */
export interface RunningVersions {
  /** Of API servers, at least one. */
  readonly apiServers: readonly string[];
  readonly kubelets: readonly string[];
}

export interface Available {
  /** Versions that can be installed. */
  readonly versions: readonly string[];
  /** Where they come from. */
  readonly from: 'bundles' | 'catalogue';
}

/** One version to go to. */
export interface Step {
  readonly version: string;
  /** An upgrade to it has begun: some hosts run it. */
  readonly begun: boolean;
}

/**
 * The versions to walk through, each at most one minor from the one before: the newest patch that is available of each minor
 * between. An upgrade that has begun is finished first.
 *
 * @param to a version, or a minor such as `1.37`: its newest patch.
 * @returns empty: all hosts run it already.
 * @throws InputError for what cannot be reached: nothing was touched.
 */
export function upgradePath(running: RunningVersions, to: string, available: Available): Step[] {
  const [lowest = '', highest = ''] = ends(running.apiServers);
  checkSkew(running, lowest, highest);
  const unfinished = [...running.apiServers, ...running.kubelets].some((v) => v !== highest);
  const target = targetOf(to, highest, available);
  if (compareVersions(target, highest) < 0) throw downgrade(target, highest, unfinished);
  const steps: Step[] = [];
  if (unfinished)
    steps.push({ version: need(highest, available, 'An upgrade to it has begun and must be finished first'), begun: true });
  for (let minor = minorOf(highest) + 1; minor < minorOf(target); minor++) {
    const version = newestOf(minor, available);
    if (version === undefined)
      throw missing(`1.${minor}`, available, `A minor version must not be skipped on the way to ${target}`);
    steps.push({ version, begun: false });
  }
  if (target !== highest) steps.push({ version: need(target, available), begun: false });
  return steps;
}

/** @throws InputError for a cluster that no upgrade leaves behind. */
function checkSkew({ apiServers, kubelets }: RunningVersions, lowest: string, highest: string): void {
  const all = [...new Set([...apiServers, ...kubelets])].sort(compareVersions);
  const newer = kubelets.filter((v) => compareVersions(v, highest) > 0).sort(compareVersions);
  if (newer.length > 0) {
    throw new InputError({
      what: `A kubelet runs ${newer.at(-1)}, and the newest API server ${highest}`,
      why: 'A kubelet must not be newer than the API servers',
      fix: `Install the kubelet of ${highest} on that host again; kubewright status shows the versions of the nodes`,
    });
  }
  if (minorOf(highest) - minorOf(lowest) > 1) {
    throw new InputError({
      what: `The API servers run ${lowest} and ${highest}, which are not neighbours`,
      fix: `Bring those of ${lowest} up one minor version after the other, with kubeadm upgrade node`,
    });
  }
  if (all.length > 2) {
    throw new InputError({
      what: `The cluster runs ${all.length} versions of Kubernetes: ${all.join(', ')}`,
      why: 'A third version would be added to an upgrade that was not finished',
      fix: `Bring the hosts of ${all.slice(0, -1).join(' and ')} to ${highest} first: kubeadm upgrade node on each, then its kubelet; kubewright status shows them`,
    });
  }
}

function targetOf(to: string, highest: string, available: Available): string {
  const text = to.replace(/^v/, '');
  const [, minor] = /^1\.(\d+)$/.exec(text) ?? [];
  if (minor === undefined) {
    if (text === highest || Number.isNaN(minorOf(text))) return known(text, highest, available);
    return compareVersions(text, highest) < 0 ? text : need(text, available);
  }
  const newest = newestOf(Number(minor), available);
  if (Number(minor) === minorOf(highest) && (newest === undefined || compareVersions(newest, highest) < 0)) return highest;
  if (newest !== undefined) return newest;
  if (Number(minor) < minorOf(highest)) return `1.${minor}.0`;
  throw missing(text, available);
}

function known(text: string, highest: string, available: Available): string {
  if (text === highest) return text;
  throw new InputError({
    what: `${text} is not a version of Kubernetes`,
    why: `It must be a version such as ${available.versions.toSorted(compareVersions).at(-1) ?? highest}, or a minor version such as 1.${minorOf(highest) + 1}`,
    fix: 'Correct --to; kubewright versions lists what can be downloaded',
  });
}

function need(version: string, available: Available, why?: string): string {
  if (available.versions.includes(version)) return version;
  throw missing(version, available, why);
}

function missing(version: string, { versions, from }: Available, why?: string): InputError {
  const have = versions.toSorted(compareVersions);
  const parts: ErrorParts =
    from === 'bundles'
      ? {
          what: `No bundle holds Kubernetes ${version}`,
          why: [...(why === undefined ? [] : [why]), `The bundles hold ${have.join(', ') || 'nothing'}`].join('. '),
          fix: `Build it (kubewright bundle build --kube-version ${version} -o DIR) and give one --bundle for each version on the way`,
        }
      : {
          what: `Kubernetes ${version} is not known`,
          why: [...(why === undefined ? [] : [why]), `The catalogue has ${have[0]} to ${have.at(-1)}`].join('. '),
          fix: 'Choose one of these (kubewright versions lists them), or give an offline bundle for each version on the way (--bundle)',
        };
  return new InputError(parts);
}

function downgrade(target: string, highest: string, unfinished: boolean): InputError {
  return new InputError({
    what: `Kubernetes cannot go back from ${highest} to ${target}`,
    why: 'Objects are stored as the newer version writes them, and kubeadm refuses it',
    fix: unfinished
      ? `Finish what has begun: kubewright upgrade --to ${highest}; kubewright rollback --check says what of it can be undone`
      : `Choose ${highest} or newer; the way back gives up all that was written since a snapshot of then: kubewright rollback --snapshot FILE`,
  });
}

function newestOf(minor: number, { versions }: Available): string | undefined {
  return versions
    .filter((v) => minorOf(v) === minor)
    .sort(compareVersions)
    .at(-1);
}

function ends(versions: readonly string[]): [string | undefined, string | undefined] {
  const sorted = versions.toSorted(compareVersions);
  return [sorted[0], sorted.at(-1)];
}
