import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { InputError } from '../../base/errors.js';
import { makeFolder } from '../../base/files.js';
import { wholeFile } from '../../base/place.js';
import { hostsIni } from '../../inventory/hosts-ini.js';
import { MARKER, ownerOf, renderHosts } from '../nspawn/inventory.js';
import type { Reach } from './reach.js';
import { type SavedVagrantLab, saveText } from './state.js';

const MARK = `${MARKER}; \`kubewright lab down --destroy\` removes it.`;
const HEAD = `# ${MARK}\n`;

/**
 * The inventory of a lab. Without an inventory of the user's it is complete. With one it is an overlay, to be given
 * after it (-i theirs -i this): it names the hosts and only says how each is reached, so that groups, settings
 * and variables stay the user's, even if they change. Host variables, because those override all others.
 *
 * @returns file name → text.
 */
export function inventoryFiles(
  lab: SavedVagrantLab,
  machines: readonly Reach[],
  knownHosts: string,
  extraVars: Readonly<Record<string, unknown>>,
): Map<string, string> {
  const whole = lab.inventories.length === 0;
  const files = new Map<string, string>();
  files.set(
    'hosts.ini',
    whole
      ? renderHosts(lab.machines).replace('`kubewright lab down`', '`kubewright lab down --destroy`')
      : hostsIni({
          comments: [MARK, `How to reach the machines of ${lab.inventories.join(', ')}; give it after them, with another -i.`],
          hosts: machines.map(({ name }) => ({ name })),
        }),
  );
  if (whole) {
    // In a Vagrant box the user may become root without a password.
    files.set('group_vars/all/lab.yml', `${HEAD}---\n${stringify({ ansible_become: true, ...extraVars }, { lineWidth: 0 })}`);
  }
  for (const m of machines) {
    const key = m.keys[0];
    const vars = {
      ansible_host: m.host,
      ansible_port: m.port,
      ansible_user: m.user,
      ...(key === undefined ? {} : { ansible_ssh_private_key_file: key }),
      // Machines come and go with the same addresses: their host keys stay out of your own known_hosts.
      // Quoted for the shell and once more for ssh, which accepts several files.
      ansible_ssh_common_args: /^[\w./@+-]+$/.test(knownHosts)
        ? `-o UserKnownHostsFile=${knownHosts}`
        : `-o 'UserKnownHostsFile="${knownHosts}"'`,
      // The box's default route is often a network in which all machines have the same address.
      ip: m.address,
    };
    files.set(`host_vars/${m.name}.yml`, `${HEAD}---\n${stringify(vars, { lineWidth: 0 })}`);
  }
  return files;
}

/** @throws InputError if one of the files exists and is not ours. */
export async function checkFolder(dir: string, names: Iterable<string>): Promise<void> {
  for (const name of names) {
    if ((await ownerOf(join(dir, name))) !== 'other') continue;
    throw new InputError({
      what: 'This directory has an inventory that the lab did not write',
      where: wholeFile(join(dir, name)),
      why: `Its first line lacks '${MARKER}', so it is not overwritten`,
      fix: 'Choose another directory with --inventory-dir, or move this file away',
    });
  }
}

export async function writeFiles(dir: string, files: ReadonlyMap<string, string>): Promise<void> {
  await checkFolder(dir, files.keys());
  makeFolder(dir);
  for (const [name, text] of files) await saveText(join(dir, name), text, 0o644);
}

/** Removes what the lab wrote, and directories that this leaves empty. */
export async function removeFiles(dir: string): Promise<void> {
  const hostFiles = await readdir(join(dir, 'host_vars')).catch(() => []);
  for (const name of ['hosts.ini', 'group_vars/all/lab.yml', ...hostFiles.map((f) => `host_vars/${f}`)]) {
    if ((await ownerOf(join(dir, name))) === 'lab') await rm(join(dir, name));
  }
  for (const folder of ['group_vars/all', 'group_vars', 'host_vars', '.']) await rmdir(join(dir, folder)).catch(() => {});
}
