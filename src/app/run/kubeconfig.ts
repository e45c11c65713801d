import { rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeFolder } from '../../base/files.js';
import { controlPlaneEndpoint } from '../../kubeadm/build.js';
import type { ClusterSource } from '../inventory/read-cluster.js';

/** Writes the admin kubeconfig with the external address of the API, readable only by its owner. Returns its path. */
export async function saveKubeconfig({ cluster, inventory }: ClusterSource, text: string): Promise<string> {
  const dir = cluster.settings.artifacts_dir ?? join(await directoryOf(inventory.files[0] ?? '.'), 'artifacts');
  const path = resolve(dir, 'admin.conf');
  makeFolder(dirname(path), 0o700);
  const content = text.replace(/^( *server: ).*$/m, `$1https://${controlPlaneEndpoint(cluster)}`);
  await writeFile(`${path}.new`, content.endsWith('\n') ? content : `${content}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return path;
}

async function directoryOf(inventory: string): Promise<string> {
  const info = await stat(inventory).catch(() => undefined);
  return info?.isDirectory() ? inventory : dirname(inventory);
}
