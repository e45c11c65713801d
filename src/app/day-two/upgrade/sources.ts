import { openBundle } from '../../../artifacts/bundle.js';
import { InputError } from '../../../base/errors.js';
import { defaultKubeVersion, knownKubeVersions } from '../../../cluster/catalogue.js';
import type { Inventory } from '../../../inventory/model/model.js';
import { bundleSetting } from '../../inventory/read-cluster.js';
import type { Available } from './path.js';

/** Where each version comes from. */
export interface Sources extends Available {
  /** Version → path of its bundle; empty: downloads. */
  readonly bundles: ReadonlyMap<string, string>;
  /** Any version that can be had, to read the inventory with. */
  readonly any: string;
}

/**
 * @param paths bundles that the operator gave; default: the one of the inventory.
 * @throws InputError for a path without a bundle, and for two of one version.
 */
export async function sourcesOf(paths: readonly string[], inventory: Inventory): Promise<Sources> {
  const setting = bundleSetting(inventory);
  const given = paths.length > 0 ? paths : setting === undefined ? [] : [setting];
  if (given.length === 0) {
    return { versions: knownKubeVersions(), from: 'catalogue', bundles: new Map(), any: defaultKubeVersion() };
  }
  const bundles = new Map<string, string>();
  for (const path of given) {
    const bundle = await openBundle(path);
    await bundle.close();
    const { kubeVersion } = bundle.index;
    const other = bundles.get(kubeVersion);
    if (other !== undefined && other !== path) {
      throw new InputError({
        what: `Two bundles hold Kubernetes ${kubeVersion}`,
        why: `${other} and ${path}`,
        fix: 'Give one of them',
      });
    }
    bundles.set(kubeVersion, path);
  }
  const versions = [...bundles.keys()];
  return { versions, from: 'bundles', bundles, any: versions[0] ?? defaultKubeVersion() };
}
