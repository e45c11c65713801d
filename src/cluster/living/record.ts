import * as z from 'zod';

/** What Kubewright notes at the end of a successful `provision`, on the control planes and in the cluster. Without secrets. */
const schema = z.object({
  schema: z.literal(1),
  /** Version of Kubewright. */
  by: z.string(),
  settings: z.record(z.string(), z.unknown()),
  /** Host → its groups: `control-plane`, `worker`, `etcd`. */
  hosts: z.record(z.string(), z.array(z.string())),
});

export type AppliedRecord = z.output<typeof schema>;

/** The first that can be read: the cluster's own comes before those of hosts, of which one may have been away. */
export function newestRecord(texts: readonly (string | undefined)[]): AppliedRecord | undefined {
  for (const text of texts) {
    const record = text === undefined ? undefined : readRecord(text);
    if (record) return record;
  }
  return undefined;
}

function readRecord(text: string): AppliedRecord | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
