import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../errors.js';
import { type GenerateOptions, generateInventory } from '../inventory/generate.js';
import { type InventoryOptions, readCluster } from './cluster-source.js';

/** `inventory show`. */
export async function inventoryShow(o: InventoryOptions): Promise<number> {
  const { cluster, bundle, warnings } = await readCluster(o);
  await bundle?.close();
  for (const w of warnings) process.stderr.write(`${w}\n`);
  const s = cluster.settings;
  print(
    `Kubernetes ${s.kube_version}${bundle ? ` from the bundle ${bundle.index.name}` : ''}, network ${s.kube_network_plugin}, pods ${s.kube_pods_subnet}, services ${s.kube_service_addresses}`,
  );
  const width = Math.max(...cluster.hosts.map((h) => h.name.length));
  for (const h of cluster.hosts) {
    const roles = [
      h.controlPlane ? 'control plane' : '',
      h.worker ? 'worker' : '',
      h.etcd ? `etcd member ${h.etcdMemberName ?? ''}` : '',
    ].filter((r) => r !== '');
    print(`${h.name.padEnd(width)}  ${h.ip.padEnd(15)}  ${roles.join(', ')}`);
  }
  return 0;
}

/** `inventory generate`. Never overwrites without force. */
export async function inventoryGenerate(
  o: GenerateOptions & { readonly output?: string; readonly force: boolean },
): Promise<number> {
  const files = generateInventory(o);
  if (o.output === undefined) {
    process.stdout.write(files.get('hosts.ini') ?? '');
    return 0;
  }
  const dir = o.output;
  const there = [...files.keys()].map((f) => join(dir, f)).filter((f) => existsSync(f));
  if (there.length > 0 && !o.force) {
    throw new InputError({
      what: 'The inventory is there already',
      where: there.join(', '),
      todo: 'Choose another folder with -o, or overwrite it with --force',
    });
  }
  for (const [name, text] of files) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
    print(`wrote ${join(dir, name)}`);
  }
  print(`Next: kubewright keys distribute -i ${dir}/hosts.ini --ask-pass, then kubewright provision -i ${dir}/hosts.ini`);
  return 0;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
