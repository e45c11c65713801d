import { statSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../base/package-root.js';
import { inventorySources } from '../connect/ansible-config.js';
import type { Candidate, Completion, Line } from './words.js';

/** What a word may be. */
export type Kind = 'assignments' | 'directories' | 'files' | 'hosts' | 'machines' | 'runs' | 'settings' | 'tags' | 'versions';

/** Words of a kind that begin like `current`. What cannot be read gives none: a message would damage the command line. */
export async function answers(kind: Kind, current: string, line: Line): Promise<Completion> {
  if (kind === 'files' || kind === 'directories') return kind;
  try {
    if (kind === 'assignments') return await assignments(current);
    const list = kind === 'hosts' || kind === 'tags';
    // Of a list only the last entry is completed.
    const head = list ? current.slice(0, current.search(/[^,:]*$/)) : '';
    const all = await LISTS[kind](line);
    const tail = current.slice(head.length);
    return all.filter((c) => c.value.startsWith(tail)).map((c) => ({ ...c, value: head + c.value }));
  } catch {
    return [];
  }
}

const LISTS: Readonly<
  Record<Exclude<Kind, 'assignments' | 'directories' | 'files'>, (line: Line) => Promise<readonly Candidate[]>>
> = {
  hosts: (line) =>
    hostsAndGroups(line.given.get('inventory') ?? (process.env.KUBEWRIGHT_INVENTORY ? [process.env.KUBEWRIGHT_INVENTORY] : [])),
  machines: async () => (await hostsAndGroups(['inventories/lab/hosts.ini'])).filter((c) => c.text !== 'group'),
  runs: async (line) => {
    const { runsIn, readEnds } = await import('../../engine/journal/journal-read.js');
    const dir = line.given.get('journal-dir')?.[0] ?? process.env.KUBEWRIGHT_JOURNAL_DIR ?? '.kubewright/runs';
    const newest = runsIn(dir).slice(-20).reverse();
    const title = (run: string): string | undefined => readEnds(join(dir, run), run).header?.command?.join(' ');
    return [{ value: 'latest' }, ...newest.map((run) => ({ value: run, text: title(run) }))];
  },
  settings: async () => {
    const { settingInfos } = await import('../../cluster/settings-text.js');
    return settingInfos().map((s) => ({ value: s.name, text: s.meaning }));
  },
  tags: async (line) => {
    const { loadPlaybook } = await import('../../playbook/playbook.js');
    const path = line.args[0] ?? line.given.get('playbook')?.[0] ?? join(PACKAGE_ROOT, 'playbooks/cluster.yml');
    const { plays } = await loadPlaybook(path);
    const tags = plays.flatMap((p) => [p, ...p.roles, ...p.preTasks, ...p.tasks, ...p.postTasks].flatMap((entry) => entry.tags));
    return [...new Set(tags)].sort().map((value) => ({ value }));
  },
  versions: async () => {
    const { knownKubeVersions } = await import('../../cluster/catalogue.js');
    return [...knownKubeVersions(), 'latest'].map((value) => ({ value }));
  },
};

/** `kube_version=`, and what some of them may be. `@` is a file. */
async function assignments(current: string): Promise<Completion> {
  if (current.startsWith('@')) return 'files';
  const { settingInfos } = await import('../../cluster/settings-text.js');
  const [name = '', value] = current.split('=');
  const all = settingInfos();
  if (value === undefined)
    return all.filter((s) => s.name.startsWith(name)).map((s) => ({ value: `${s.name}=`, text: s.meaning }));
  const setting = all.find((s) => s.name === name);
  const choices = setting?.choices ?? (typeof setting?.default === 'boolean' ? ['true', 'false'] : []);
  const known = name === 'kube_version' ? (await LISTS.versions({ args: [], given: new Map() })).map((c) => c.value) : choices;
  return known.filter((v) => v.startsWith(value)).map((v) => ({ value: `${name}=${v}` }));
}

async function hostsAndGroups(given: readonly string[]): Promise<readonly Candidate[]> {
  // A program may ask a cloud: too slow for a key, and Tab should start nothing.
  const sources = inventorySources(given).filter((path) => !isProgram(path));
  if (sources.length === 0) return [];
  const { withInventory } = await import('../../inventory/load/load.js');
  return await withInventory(sources, { allowEmpty: true }, ({ hosts, groups }) => [
    ...[...hosts.keys()].map((value) => ({ value, text: 'host' })),
    ...[...groups.keys()].map((value) => ({ value, text: 'group' })),
  ]);
}

function isProgram(path: string): boolean {
  const info = statSync(path, { throwIfNoEntry: false });
  return info?.isFile() === true && (info.mode & 0o111) !== 0 && !/\.(ini|ya?ml|json|toml)$/.test(path);
}
