import { stringify } from 'yaml';
import type { ErrorParts, Warning } from '../../../base/errors.js';
import { whereText } from '../../../base/place.js';
import { formatLabelled, lookOf } from '../../../base/text/render-error.js';
import { toolName } from '../../../base/text/tool-name.js';
import type { LivingCluster } from '../../../cluster/living/living-cluster.js';
import { quote } from '../../../shell/shell.js';
import type { Draft } from './draft.js';

export interface Report {
  readonly living: LivingCluster;
  /** Absent: the inventory that was given has the groups of a cluster. */
  readonly draft?: Draft;
  readonly files?: ReadonlyMap<string, string>;
  /** Settings that the given inventory needs to keep the arguments of the control plane. */
  readonly lacking: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly refusals: readonly ErrorParts[];
  readonly changes: readonly string[];
  readonly warnings: readonly Warning[];
  /** Kubewright made it, or has taken it over before. */
  readonly known: boolean;
  readonly check: boolean;
  readonly output?: string;
}

type EtcdLayout = 'stacked' | 'service' | 'elsewhere';

export function reportText(r: Report): string {
  const look = lookOf(process.stdout);
  const blocks = [
    overview(r.living, r.known),
    ...(r.draft && r.files ? [inventoryText(r.draft, r.files)] : []),
    ...r.warnings.map((w) => formatLabelled('warning', w, look)),
    ...(r.refusals.length > 0
      ? ['provision would be refused, and change nothing:', ...r.refusals.map((p) => formatLabelled('error', shown(p, r), look))]
      : []),
    ...(Object.keys(r.lacking).length > 0
      ? [`The inventory keeps these arguments with group_vars/all.yml:\n\n${indent(settingsText(r.lacking))}`]
      : []),
    ...(r.changes.length > 0 ? [`provision would change:\n${r.changes.map((c) => `  - ${c}`).join('\n')}`] : []),
    ...(r.draft && r.draft.outside.length > 0 ? [`Not part of the cluster, and left out: ${r.draft.outside.join(', ')}`] : []),
    next(r),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** The draft was read from a directory that is gone. */
function shown({ where, ...parts }: ErrorParts, { draft }: Report): ErrorParts {
  return where === undefined || (draft && typeof where !== 'string') ? parts : { where, ...parts };
}

function overview(living: LivingCluster, known: boolean): string {
  const { apiServers } = living.versions;
  const nodes = living.nodes.length;
  const etcd: Record<EtcdLayout, string> = {
    stacked: 'static pods of kubeadm (stacked)',
    service: `a service of its hosts, ${living.etcd.members.length} ${living.etcd.members.length === 1 ? 'member' : 'members'}`,
    elsewhere: 'on none of these hosts',
  };
  const { podSubnet, serviceSubnet } = living.configuration ?? {};
  return [
    `Kubernetes ${living.versions.cluster ?? 'of an unknown version'}, ${known ? 'which Kubewright looks after already' : 'made by another tool'}`,
    `  nodes: ${nodes}, with ${apiServers.size} of the API servers on these hosts`,
    `  etcd: ${etcd[layoutOf(living)]}`,
    `  network: ${living.network.plugin ?? 'none'}${podSubnet ? `, pods ${podSubnet}` : ''}${serviceSubnet ? `, services ${serviceSubnet}` : ''}`,
  ].join('\n');
}

function layoutOf(living: LivingCluster): EtcdLayout {
  if ([...living.hosts.values()].some((h) => h.staticPods.etcd)) return 'stacked';
  return living.etcd.dataOn.length > 0 ? 'service' : 'elsewhere';
}

function inventoryText({ settings }: Draft, files: ReadonlyMap<string, string>): string {
  return `hosts.ini:\n\n${indent(files.get('hosts.ini') ?? '')}\n\ngroup_vars/all.yml:\n\n${indent(settingsText(settings))}`;
}

function settingsText(settings: object): string {
  return stringify(settings, { version: '1.1', lineWidth: 0 });
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, '  ');
}

/** Commands that only look: they take a cluster as they find it. */
const LOOKS = 'status, certs check, verify, kubeconfig, trace';

function next(r: Report): string {
  if (r.refusals.length > 0) {
    const written = r.check || r.output === undefined ? '' : `; the inventory is in ${r.output}`;
    return `Not taken over${written}. Commands that only look work with it: ${LOOKS}.`;
  }
  if (r.known) return detailsText(r.output);
  if (!r.check) return 'It is taken over as it runs:';
  return `It can be taken over: run this again ${r.draft ? 'with -o DIR, and ' : ''}without --check. Nothing that runs changes.`;
}

/** Where everything is listed that this comparison does not know of. */
export function detailsText(output: string | undefined): string {
  const inventory = output === undefined ? '' : ` -i ${quote(`${output}/hosts.ini`)}`;
  return `${toolName()} provision${inventory} --check --diff lists every file and unit that provision would write its own way.`;
}

export function reportJson(r: Report): object {
  const parts = ({ what, where, why, fix, code }: ErrorParts): object => ({
    what,
    ...(where === undefined ? {} : { where: whereText(where) }),
    why,
    fix,
    code,
  });
  return {
    kubernetes: r.living.versions.cluster ?? null,
    known: r.known,
    nodes: r.living.nodes,
    etcd: { layout: layoutOf(r.living), members: r.living.etcd.members },
    network: r.living.network.plugin ?? null,
    inventory: r.draft ? { hosts: r.draft.hosts, settings: r.draft.settings } : null,
    lacking: r.lacking,
    outside: r.draft?.outside ?? [],
    refused: r.refusals.map((p) => parts(shown(p, r))),
    changes: r.changes,
    warnings: r.warnings.map(parts),
  };
}
