import { lookup } from 'node:dns/promises';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../../../base/errors.js';
import { makeFolder } from '../../../base/files.js';
import { ioError } from '../../../base/io-error.js';
import { isIpv4 } from '../../../base/net/ipv4.js';
import { wholeFile } from '../../../base/place.js';
import { toolName } from '../../../base/text/tool-name.js';
import { fullKubeVersion } from '../../../cluster/catalogue.js';
import { freeSubnets } from '../../../cluster/checks/subnets.js';
import { versionProblem } from '../../../cluster/checks/version-check.js';
import { NETWORK_PLUGINS } from '../../../cluster/network-plugins.js';
import { groupVarsText } from '../../../cluster/settings-text.js';
import { DEFAULT_GENERATE, type GenerateOptions, hostsFile, type Machines, planMachines } from '../../../inventory/generate.js';
import { type OwnHost, ownMachines, parseOwnHosts } from '../../../inventory/own-hosts.js';
import { quote } from '../../../shell/shell.js';

export interface GenerateInventoryOptions extends GenerateOptions {
  readonly user?: string;
  readonly become: boolean;
  readonly kubeVersion?: string;
  readonly networkPlugin: string;
  /** Hosts that exist; absent: numbers of hosts in a subnet, in the book's layout. */
  readonly own?: OwnHosts;
}

export interface OwnHosts {
  readonly masters: readonly OwnHost[];
  readonly workers: readonly OwnHost[];
  /** IPv4 addresses of hosts that are given by name. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** What applies to hosts that exist: nothing of a lab, and today's names of groups. */
export const OWN_INVENTORY = { masterName: 'cp{i}', workerName: 'worker{i}', groupStyle: 'new', user: undefined } as const;

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
  if (o.user !== undefined) checkUser(o.user);
  const kubeVersion = o.kubeVersion === undefined ? undefined : checkedVersion(o.kubeVersion);
  const machines = machinesOf(o);
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

function machinesOf(o: GenerateInventoryOptions): Machines {
  const { own } = o;
  return own ? ownMachines(own, o, (host) => own.addresses.get(host) ?? host) : planMachines(o);
}

/**
 * Hosts as they are given: `10.0.0.5-7,ubuntu@db1`. Names are looked up, since nodes are registered by address.
 * @throws InputError for what is not a host, and for names that cannot be resolved.
 */
export async function ownHosts(masters: string, workers: string | undefined): Promise<OwnHosts> {
  const own = { masters: parseOwnHosts(masters), workers: workers === undefined ? [] : parseOwnHosts(workers) };
  const names = [...own.masters, ...own.workers].map((h) => h.host).filter((host) => !isIpv4(host));
  return { ...own, addresses: new Map(await Promise.all(names.map(async (name) => [name, await addressOf(name)] as const))) };
}

async function addressOf(name: string): Promise<string> {
  const fix = `Give its address as well: ${name.split('.')[0]}=ADDRESS`;
  const found = await lookup(name, { family: 4 }).catch((cause: Error) => {
    throw new InputError({ what: `The name ${name} cannot be resolved`, why: cause.message, fix });
  });
  if (found.address.startsWith('127.'))
    throw new InputError({ what: `${name} is ${found.address} here`, why: 'Other hosts cannot reach that address', fix });
  return found.address;
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
  writeFiles(o.output, files, o.force);
  process.stdout.write(nextSteps(o, quote(join(o.output, hosts))));
  return 0;
}

/** @throws InputError for files that must not be overwritten, and where they cannot be written. */
export function writeFiles(dir: string, files: ReadonlyMap<string, string>, force: boolean): void {
  checkOutput(dir, force);
  // All directories before any file, so that a failure leaves no partial inventory.
  for (const name of files.keys()) writing(dirname(join(dir, name)), makeFolder);
  for (const [name, text] of files) {
    writing(join(dir, name), (path) => writeFileSync(path, text));
    process.stdout.write(`wrote ${join(dir, name)}\n`);
  }
}

/** Commands that are right for this inventory. */
function nextSteps(o: GenerateInventoryOptions, path: string): string {
  const tool = toolName();
  if (!o.own) return `Next: ${tool} keys distribute -i ${path} --ask-pass, then ${tool} provision -i ${path}\n`;
  return `Next:
  ${tool} inventory validate -i ${path}    # connects to no host
  ${tool} provision -i ${path} --check     # connects, changes nothing
  ${tool} provision -i ${path}             # with --ask-pass where the hosts know only a password
`;
}

function writing(path: string, write: (path: string) => void): void {
  try {
    write(path);
  } catch (cause) {
    throw new InputError(ioError('The inventory cannot be written', path, cause, 'Choose another directory with -o'));
  }
}
