import type { Answer } from '../ask.js';

/** A kind of object that the API server of a cluster knows. */
export interface Resource {
  /** Plural, as it is typed: `deployments`. */
  readonly name: string;
  readonly shortNames: readonly string[];
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  readonly namespaced: boolean;
  readonly kind: string;
  /** By a CustomResourceDefinition or an aggregated API server. */
  readonly custom: boolean;
  /** undefined: the API server did not say. */
  readonly count: number | undefined;
}

/**
 * Reads what the program said: `resource`, a line of `kubectl api-resources -o wide`, and `count`, API version, name and number.
 * A resource of several groups is in the list once per group.
 */
export function parseResources(answer: Answer): readonly Resource[] {
  const counts = new Map(
    (answer.get('count') ?? []).flatMap((line) => {
      const [version, name, count] = line.split(' ');
      return /^\d+$/.test(count ?? '') ? [[`${version} ${name}`, Number(count)] as const] : [];
    }),
  );
  return (answer.get('resource') ?? []).flatMap((line) => {
    const found = /^(\S+)\s+(?:(\S+)\s+)?(\S+)\s+(true|false)\s+(\S+)/.exec(line);
    if (!found) return [];
    const [, name = '', short = '', apiVersion = '', namespaced, kind = ''] = found;
    const resource: Resource = {
      name,
      shortNames: short === '' ? [] : short.split(','),
      apiVersion,
      namespaced: namespaced === 'true',
      kind,
      custom: isCustom(apiVersion),
      count: counts.get(`${apiVersion} ${name}`),
    };
    return [resource];
  });
}

/** Kubernetes' own groups have no dot, or end with .k8s.io; of those, some are add-ons all the same. */
function isCustom(apiVersion: string): boolean {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  if (!group.includes('.')) return false;
  return !group.endsWith('.k8s.io') || /^(metrics|gateway\.networking|snapshot\.storage)\.|\.x-k8s\.io$/.test(group);
}
