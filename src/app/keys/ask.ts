import type { Host } from '../../inventory/model/model.js';
import type { Secret } from '../../shell/secret.js';
import { askSecret } from '../connect/credentials.js';
import { HostVars } from '../connect/host-vars.js';

/** Asks once per host without a password in the inventory. Enter alone repeats the previous one. */
export async function askPasswords(hosts: readonly Host[]): Promise<Map<string, Secret>> {
  const passwords = new Map<string, Secret>();
  let last: Secret | undefined;
  for (const host of hosts) {
    const vars = new HostVars(host);
    if (vars.text('ansible_password') ?? vars.text('ansible_ssh_pass')) continue;
    const hint = last ? ' (empty: as before)' : '';
    const answer = await askSecret(`SSH password of ${host.name}${hint}: `, 'ssh-password');
    last = answer.reveal() === '' && last ? last : answer;
    passwords.set(host.name, last);
  }
  return passwords;
}
