import { InputError, InputErrors } from '../../base/errors.js';
import { Draft, DraftError } from '../draft/draft.js';
import { groupNames } from '../model/group-names.js';
import type { Inventory, Stray } from '../model/model.js';
import type { Variable } from '../model/values.js';
import { canonicalDraft } from './canonical.js';
import { clusterView, Precedence, writtenInventory } from './resolve.js';
import { type Ignored, ignoredNames, readSource, varsDirs } from './sources.js';
import { VarsDirectories } from './vars-directories.js';

export interface LoadOptions {
  /** Above everything else. */
  readonly extraVars?: ReadonlyMap<string, Variable>;
  /** Directory of the playbook: group_vars and host_vars there win over those beside the inventory. */
  readonly playbookDir?: string;
  /** An inventory without hosts is fine, as it is for Ansible. */
  readonly allowEmpty?: boolean;
  /** What is not read in a directory of inventories. */
  readonly ignored?: Ignored;
  /** Gets what cannot be read, instead of an exception: the rest is read as if it were all. Not without a single host. */
  readonly onUnreadable?: (errors: readonly InputError[]) => void;
}

/**
 * Reads inventories with their group_vars and host_vars and resolves every variable as Ansible does. Values are not rendered.
 *
 * @param sources files, directories, programs or lists of hosts; later ones win.
 * @throws InputError for what is missing, empty or malformed, with file:line:column.
 */
export function loadInventory(sources: readonly string[], options: LoadOptions = {}): Promise<Inventory> {
  return withInventory(sources, options, (inventory) => {
    // Read everything now, so that errors show now.
    for (const host of inventory.hosts.values()) void host.vars;
    return inventory;
  });
}

/**
 * The same, read lazily: `use` gets an inventory whose variables and cluster view are made on first use.
 * @throws InputError as above, including for files that `use` reads.
 */
export async function withInventory<T>(
  sources: readonly string[],
  options: LoadOptions,
  use: (inventory: Inventory) => T,
): Promise<T> {
  try {
    const { inventory, directories } = await load(sources, options);
    const used = use(inventory);
    if (options.onUnreadable) options.onUnreadable(directories.problems);
    else throwAll(directories.problems);
    return used;
  } catch (error) {
    const where = sources.join(', ');
    if (error instanceof DraftError)
      throw new InputError({ what: error.message, where, fix: 'Remove one of the children, or correct the name' });
    // The only way here is nesting: thousands of open brackets.
    if (error instanceof RangeError && /call stack/i.test(error.message))
      throw new InputError({ what: 'The inventory is nested too deeply', where, fix: 'Check for an unclosed bracket' });
    throw error;
  }
}

/** @throws InputErrors with all of them. */
function throwAll(errors: readonly InputError[]): void {
  const [first] = errors;
  if (errors.length > 1) throw new InputErrors(errors.flatMap((e) => (e instanceof InputErrors ? e.all : [e.parts])));
  if (first) throw first;
}

async function load(
  sources: readonly string[],
  o: LoadOptions,
): Promise<{ readonly inventory: Inventory; readonly directories: VarsDirectories }> {
  const draft = new Draft();
  const files: string[] = [];
  const failures: InputError[] = [];
  const ignored = ignoredNames(o.ignored ?? {});
  for (const source of sources) {
    try {
      await readSource(source, { draft, files, ignored });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failures.push(error);
    }
  }
  if (o.onUnreadable && draft.hosts.size > 0) o.onUnreadable(failures);
  else throwAll(failures);
  if (draft.hosts.size === 0 && !o.allowEmpty) {
    throw new InputError({
      what: 'The inventory has no hosts',
      where: files.join(', ') || sources.join(', '),
      fix: 'List hosts under [kube_control_plane] and [kube_node]; `kubewright inventory generate` writes an example',
    });
  }
  draft.reconcile();
  const directories = new VarsDirectories((warning) => draft.warnings.push(warning));
  const inventoryDirs = varsDirs(sources);
  const playbookDirs = o.playbookDir === undefined ? [] : [o.playbookDir];
  const common = {
    directories,
    inventoryDirs,
    playbookDirs,
    extraVars: o.extraVars ?? new Map(),
  };
  const written = writtenInventory(draft, new Precedence(draft, { ...common, fileNames: (name) => [name] }));
  let made: ReturnType<typeof clusterView> | undefined;
  const view = (): ReturnType<typeof clusterView> => {
    if (made) return made;
    const canonical = canonicalDraft(draft);
    made = clusterView(canonical, new Precedence(canonical, { ...common, fileNames: groupNames }));
    return made;
  };
  const strays = (): Stray[] => {
    const groups = new Set([...draft.groups.keys(), ...view().groups.keys()].flatMap((g) => [g, ...groupNames(g)]));
    const dirs = [...inventoryDirs, ...playbookDirs];
    return [
      ...directories.strays(dirs, 'group_vars', (name) => groups.has(name)),
      ...directories.strays(dirs, 'host_vars', (name) => draft.hosts.has(name)),
    ];
  };
  const inventory: Inventory = {
    files,
    get hosts() {
      return view().hosts;
    },
    get groups() {
      return view().groups;
    },
    written,
    warnings: draft.warnings,
    extraVars: new Set(common.extraVars.keys()),
    strays,
  };
  return { inventory, directories };
}
