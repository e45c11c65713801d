import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../../base/errors.js';
import { makeFolder } from '../../base/files.js';
import { ioError } from '../../base/io-error.js';
import { wholeFile } from '../../base/place.js';
import { fullKubeVersion } from '../../cluster/catalogue.js';
import { freeSubnets } from '../../cluster/checks/subnets.js';
import { versionProblem } from '../../cluster/checks/version-check.js';
import { NETWORK_PLUGINS } from '../../cluster/network-plugins.js';
import { groupVarsText } from '../../cluster/settings-text.js';
import { DEFAULT_GENERATE, type GenerateOptions, hostsFile, planMachines } from '../../inventory/generate.js';

export interface GenerateInventoryOptions extends GenerateOptions {
  readonly user: string;
  readonly become: boolean;
  readonly kubeVersion?: string;
  readonly networkPlugin: string;
}

const SETTINGS = 'group_vars/all.yml';

export const DEFAULT_INVENTORY: GenerateInventoryOptions = {
  ...DEFAULT_GENERATE,
  user: 'vagrant',
  become: true,
  networkPlugin: NETWORK_PLUGINS[0],
};

/** @throws InputError for an invalid user name. */
export function checkUser(user: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_.@-]*$/.test(user))
    throw new InputError({ what: `${JSON.stringify(user)} is not a valid user name`, fix: 'Write --user NAME' });
}

/** The full version: `1.36` becomes its newest patch. @throws InputError for an unknown version. */
export function checkedVersion(version: string): string {
  const plain = fullKubeVersion(version.replace(/^v/, ''));
  const problem = versionProblem(plain, undefined);
  if (problem) throw new InputError(problem);
  return plain;
}

/** File name → text. @throws InputError for hosts that do not fit the subnet, invalid names, and an unknown version. */
export function generateInventory(o: GenerateInventoryOptions): Map<string, string> {
  checkUser(o.user);
  const kubeVersion = o.kubeVersion === undefined ? undefined : checkedVersion(o.kubeVersion);
  const machines = planMachines(o);
  const hosts = hostsFile(o, machines);
  const all = [...machines.masters, ...machines.workers];
  const settings = {
    ...(kubeVersion === undefined ? {} : { kube_version: kubeVersion }),
    ...(o.networkPlugin === NETWORK_PLUGINS[0] ? {} : { kube_network_plugin: o.networkPlugin }),
    ...freeSubnets(all.map((m) => m.address)),
  };
  return new Map([
    [hosts.name, hosts.text],
    [SETTINGS, groupVarsText({ user: o.user, become: o.become, settings })],
  ]);
}

/**
 * Checks that an inventory can be written to a directory.
 * @throws InputError for files that must not be overwritten, or that Ansible would read instead.
 */
export function checkOutput(dir: string, force: boolean): void {
  // Of several variable files for one group Ansible reads only the first: one without an extension, or a directory.
  const shadow = join(dir, 'group_vars/all');
  if (existsSync(shadow)) {
    throw new InputError({
      what: `The settings in ${SETTINGS} would be ignored`,
      where: wholeFile(shadow),
      why: `If ${shadow} exists, Ansible (and so Kubewright) does not read ${SETTINGS}`,
      fix: 'Choose another directory with -o, or move it away',
    });
  }
  // Another file of hosts in the same directory would be a second inventory of the same hosts.
  const candidates = ['hosts.ini', 'hosts.yml', SETTINGS, 'group_vars/all.yaml', 'group_vars/all.json'];
  const there = candidates.map((f) => join(dir, f)).filter((f) => existsSync(f));
  if (there.length > 0 && !force) {
    throw new InputError({
      what: 'The inventory already exists',
      where: there.join(', '),
      fix: 'Choose another directory with -o, or overwrite it with --force',
    });
  }
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
  checkOutput(dir, o.force);
  // All directories before any file, so that a failure leaves no partial inventory.
  for (const name of files.keys()) writing(dirname(join(dir, name)), makeFolder);
  for (const [name, text] of files) {
    writing(join(dir, name), (path) => writeFileSync(path, text));
    process.stdout.write(`wrote ${join(dir, name)}\n`);
  }
  const path = join(dir, hosts);
  process.stdout.write(`Next: kubewright keys distribute -i ${path} --ask-pass, then kubewright provision -i ${path}\n`);
  return 0;
}

function writing(path: string, write: (path: string) => void): void {
  try {
    write(path);
  } catch (cause) {
    throw new InputError(ioError('The inventory cannot be written', path, cause, 'Choose another directory with -o'));
  }
}
