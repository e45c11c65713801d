import { createHash } from 'node:crypto';

/** What a living cluster writes anew by itself, at any time or for other nodes. */
const MOVING =
  'events|nodes|leases|endpointslices|endpoints|pods|componentstatuses|csinodes|ipamblocks|ipamhandles|blockaffinities|ipamconfigs|controllerrevisions|replicasets|apiservices|certificatesigningrequests|felixconfigurations|clusterinformations';

/** A program that prints every object that can be listed, a JSON list a line. */
export const ALL_OBJECTS = `
for kind in $(kubectl api-resources --verbs=list -o name | grep -vE '^(${MOVING})([.]|$)'); do
  kubectl get "$kind" -A -o json | tr -d '\\n'
  echo
done`;

interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly [field: string]: unknown;
  };
  readonly status?: unknown;
  readonly [field: string]: unknown;
}

/** `Kind namespace/name` → UID and a hash of what its author wrote, from what that program printed. */
export function objectsOf(text: string): Map<string, string> {
  const objects = text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => (JSON.parse(line) as { items: KubeObject[] }).items);
  return new Map(
    objects.map((object) => {
      const { managedFields, resourceVersion, generation, ...metadata } = object.metadata;
      const { status, ...rest } = object;
      const hash = createHash('sha256')
        .update(JSON.stringify({ ...rest, metadata }))
        .digest('hex');
      return [`${object.kind} ${metadata.namespace ?? ''}/${metadata.name}`, `${metadata.uid} ${hash.slice(0, 12)}`];
    }),
  );
}

/** What differs, a line each. */
export function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === is) return [];
    if (was === undefined) return [`new: ${name}`];
    if (is === undefined) return [`gone: ${name}`];
    return [`${was.split(' ')[0] === is.split(' ')[0] ? 'changed' : 'made again'}: ${name}`];
  });
}
