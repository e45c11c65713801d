import { join } from 'node:path';
import { InputError, InputErrors } from '../../../base/errors.js';
import type { Cluster } from '../../../cluster/cluster.js';
import { type LivingCluster, livingCluster } from '../../../cluster/living/living-cluster.js';
import { adoptedText } from '../../../cluster/living/record.js';
import { type Comparison, changeText } from '../../../cluster/living/refusals.js';
import { notedSettings } from '../../../cluster/living/takeover/noted.js';
import { adopt } from '../../../roles/day-two/adopt/adopt.js';
import { checkOutput, writeFiles } from '../../inventory/generate/generate.js';
import { readCluster } from '../../inventory/read-cluster.js';
import { differences } from '../../run/living.js';
import { type OperationOptions, runOperation } from '../operation.js';
import { type Draft, draftFiles, draftOf, extraArgs } from './draft.js';
import { type Given, givenHosts, inTemporary, readHosts } from './read.js';
import { detailsText, type Report, reportJson, reportText } from './report.js';

export interface AdoptOptions extends OperationOptions {
  readonly addresses: readonly string[];
  /** Directory for the inventory. */
  readonly output?: string;
  readonly force: boolean;
}

/**
 * `adopt`: an inventory of a cluster that another tool made, what `provision` would do to it, and, where it would not be refused, a note
 * in the cluster of what runs. Nothing that runs is changed.
 * @returns 0; 3: `provision` is refused for it. @throws InputError, UnreachableErrors, KubewrightError
 */
export async function adoptCommand(o: AdoptOptions): Promise<number> {
  const given = await givenHosts(o, o.addresses);
  if (o.output !== undefined && given.grouped) {
    throw new InputError({
      what: '-o names a directory, and no inventory is to be written',
      why: 'The one that was given has the groups of a cluster, and is compared as it is',
      fix: 'Leave -o out; without -i, with the addresses of all hosts, an inventory is made',
    });
  }
  if (o.output !== undefined) checkOutput(o.output, o.force);
  else if (!o.check && !given.grouped) {
    throw new InputError({
      what: 'It is not said where the inventory is to be written',
      fix: 'Give a directory with -o, or --check to only look',
    });
  }
  const { facts, living } = await readHosts(given, o.connection);
  const draft = given.grouped ? undefined : draftOf(living, given.hosts, facts);
  const files = draft && draftFiles(draft, become(o, given));
  // Hosts by the names that the draft gives them.
  const renamed = new Map(
    [...facts].flatMap(([name, f]) => (draft ? namesIn(draft, name).map((n) => [n, f] as const) : [[name, f]])),
  );
  const named = livingCluster(renamed) ?? living;
  const judged = files
    ? await inTemporary(files, (dir) => judge({ ...o, inventory: [join(dir, 'hosts.ini')], extraVars: [] }, named))
    : await judge(o, named);
  const report: Report = {
    living: named,
    ...(draft ? { draft } : {}),
    ...(files ? { files } : {}),
    lacking: draft || !judged.cluster || named.record ? {} : lacking(named, judged.cluster),
    refusals: judged.refusals,
    changes: judged.changes.map(changeText),
    warnings: judged.warnings,
    known: named.record !== undefined,
    check: o.check,
    ...(o.output === undefined ? {} : { output: o.output }),
  };
  process.stdout.write(o.view === 'json' ? `${JSON.stringify(reportJson(report))}\n` : reportText(report));
  if (files && o.output !== undefined && !o.check) writeFiles(o.output, files, o.force);
  if (report.refusals.length > 0 || !judged.cluster) return 3;
  if (o.check || report.known) return 0;
  const text = adoptedText(judged.cluster, notedSettings(named, judged.cluster));
  const inventory = files && o.output !== undefined ? [join(o.output, 'hosts.ini')] : o.inventory;
  return runOperation(
    { ...o, inventory },
    {
      title: 'adopt',
      playbook: 'adopt.yml',
      roles: [adopt(text)],
      finish: async ({ result }) => {
        if (result.exitCode === 0) process.stderr.write(`${detailsText(o.output)}\n`);
      },
    },
  );
}

function namesIn({ names }: Draft, given: string): string[] {
  const name = names.get(given);
  return name === undefined ? [] : [name];
}

/** Settings for the given inventory, so that no argument of the control plane is lost. */
function lacking(living: LivingCluster, { controlPlane, settings }: Cluster): Report['lacking'] {
  return extraArgs(living, controlPlane, { ...settings, cluster_name: living.configuration?.dnsDomain ?? settings.cluster_name });
}

type Judged = Comparison & { readonly cluster?: Cluster };

/** What `provision` would say; that of a draft that it could not even read is a refusal, too. */
async function judge(o: AdoptOptions, living: LivingCluster): Promise<Judged> {
  try {
    const source = await readCluster({ ...o, evenEtcd: true });
    try {
      return differences(source, living);
    } finally {
      await source.bundle?.close();
    }
  } catch (error) {
    if (!(error instanceof InputErrors)) throw error;
    return { changes: [], refusals: error.all, warnings: [] };
  }
}

function become(o: AdoptOptions, { hosts }: Given): boolean {
  return (
    o.addresses.length > 0 || o.connection.become === true || hosts.some((h) => h.vars.get('ansible_become')?.value === true)
  );
}
