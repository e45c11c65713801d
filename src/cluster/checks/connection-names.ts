import { distance } from '../../base/nearest.js';

/** Variables of Ansible that say how a host is reached, as far as Kubewright reads them. */
const READ = words(`
  ansible_host ansible_port ansible_user ansible_password ansible_connection ansible_timeout ansible_private_key_file
  ansible_ssh_host ansible_ssh_port ansible_ssh_user ansible_ssh_pass ansible_ssh_password ansible_ssh_private_key_file
  ansible_ssh_args ansible_ssh_common_args ansible_ssh_extra_args ansible_host_key_checking ansible_ssh_host_key_checking
  ansible_become ansible_become_user ansible_become_method ansible_become_password ansible_become_pass ansible_group_priority
  ansible_become_exe ansible_become_flags ansible_sudo_pass ansible_sudo_user ansible_sudo_exe ansible_sudo_flags
  ansible_su_pass ansible_su_user ansible_su_exe ansible_su_flags ansible_doas_pass ansible_doas_user ansible_doas_exe
  ansible_doas_flags ansible_ssh_timeout`);

/** Others of Ansible that look like one of those. Source: the options of its connection, shell and become plugins. */
const OTHERS = words(`
  ansible_hostname ansible_hosts ansible_ports ansible_user_id ansible_user_dir ansible_user_uid ansible_user_gid ansible_users
  ansible_ssh_retries ansible_ssh_pipelining ansible_ssh_executable ansible_ssh_transfer_method
  ansible_scp_extra_args ansible_sftp_extra_args ansible_facts ansible_limit ansible_forks`);

/** Variables that change a connection of Ansible's and none here, with what to do instead. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  ansible_ssh_executable: 'Write a ProxyCommand where that program takes another way: Kubewright connects by itself',
  ansible_sshpass_prompt: 'Remove it: a password is given whatever the prompt is',
  ansible_ssh_pkcs11_provider: 'Load the token into an agent: ssh-add -s PROVIDER',
  ansible_paramiko_proxy_command: 'Write it as -o ProxyCommand in ansible_ssh_common_args',
  ansible_shell_type: 'Remove it: programs run in sh',
  ansible_shell_executable: 'Remove it: programs run in sh',
  ansible_sudo: 'Write ansible_become',
  ansible_su: 'Write ansible_become and ansible_become_method: su',
};

/** What to do about a variable that only Ansible honours; undefined: it is not one of those. */
export function insteadOf(name: string, value: unknown): string | undefined {
  if (
    (name === 'ansible_shell_type' && value === 'sh') ||
    (name === 'ansible_shell_executable' && /\/(ba)?sh$/.test(String(value)))
  )
    return undefined;
  return Object.hasOwn(WITHOUT_EFFECT, name) ? WITHOUT_EFFECT[name] : undefined;
}

/**
 * The variable that a name like Ansible's was most likely meant to be; undefined: the name is fine. One that is misspelt
 * leads to another host or user than the one that was meant.
 */
export function connectionNameMeant(name: string): string | undefined {
  if (READ.includes(name) || OTHERS.includes(name)) return undefined;
  // A typo, or two letters swapped. Short names have more neighbours that are not typos.
  const most = name.length - 'ansible_'.length < 4 ? 1 : 2;
  return READ.find((known) => distance(name, known) <= most);
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
