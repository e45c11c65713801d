import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { groupVarsText } from '../cluster/settings-text.js';
import { freeSubnets } from '../cluster/subnets.js';
import { versionProblem } from '../cluster/version-check.js';
import { InputError } from '../errors.js';
import { DEFAULT_GENERATE, type GenerateOptions, hostsFile, planMachines } from '../inventory/generate.js';

export interface GenerateInventoryOptions extends GenerateOptions {
  readonly user: string;
  readonly become: boolean;
  readonly kubeVersion?: string;
  readonly networkPlugin: string;
}

export const DEFAULT_INVENTORY: GenerateInventoryOptions = {
  ...DEFAULT_GENERATE,
  user: 'vagrant',
  become: true,
  networkPlugin: 'calico',
};

/** File name → text. @throws InputError for machines that do not fit, names that are none, and an unknown version. */
export function generateInventory(o: GenerateInventoryOptions): Map<string, string> {
  if (!/^[A-Za-z_][A-Za-z0-9_.@-]*$/.test(o.user))
    throw new InputError({ what: `${JSON.stringify(o.user)} is no account`, todo: 'Write --user NAME' });
  const kubeVersion = o.kubeVersion?.replace(/^v/, '');
  const problem = kubeVersion === undefined ? undefined : versionProblem(kubeVersion, undefined);
  if (problem) throw new InputError(problem);
  const machines = planMachines(o);
  const hosts = hostsFile(o, machines);
  const all = [...machines.masters, ...machines.workers];
  const settings = {
    ...(kubeVersion === undefined ? {} : { kube_version: kubeVersion }),
    ...(o.networkPlugin === 'calico' ? {} : { kube_network_plugin: o.networkPlugin }),
    ...freeSubnets(all.map((m) => m.address)),
  };
  return new Map([
    [hosts.name, hosts.text],
    ['group_vars/all.yml', groupVarsText({ user: o.user, become: o.become, settings })],
  ]);
}

/** `inventory generate`. Never overwrites without force. */
export async function inventoryGenerate(
  o: GenerateInventoryOptions & { readonly output?: string; readonly force: boolean },
): Promise<number> {
  const files = generateInventory(o);
  const [hosts = ''] = [...files.keys()];
  if (o.output === undefined) {
    process.stdout.write(files.get(hosts) ?? '');
    return 0;
  }
  const dir = o.output;
  // Another file of hosts in the same folder would be a second inventory of the same machines.
  const candidates = ['hosts.ini', 'hosts.yml', ...files.keys()];
  const there = [...new Set(candidates)].map((f) => join(dir, f)).filter((f) => existsSync(f));
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
    process.stdout.write(`wrote ${join(dir, name)}\n`);
  }
  const path = join(dir, hosts);
  process.stdout.write(`Next: kubewright keys distribute -i ${path} --ask-pass, then kubewright provision -i ${path}\n`);
  return 0;
}
