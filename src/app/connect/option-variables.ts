/**
 * The variables of each option of a connection, in Ansible's order: of those that are set, the last one counts.
 * Source: ansible/plugins/connection/ssh.py, ansible/plugins/become/sudo.py (2.14)
 */
export const OPTION_VARIABLES = {
  host: ['ansible_host', 'ansible_ssh_host'],
  port: ['ansible_port', 'ansible_ssh_port'],
  user: ['ansible_user', 'ansible_ssh_user'],
  password: ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'],
  keyFile: ['ansible_private_key_file', 'ansible_ssh_private_key_file'],
  hostKeyChecking: ['ansible_host_key_checking', 'ansible_ssh_host_key_checking'],
  timeout: ['ansible_timeout', 'ansible_ssh_timeout'],
} as const;

/** The same of a become plugin; each has variables of its own beside the common ones. */
export function becomeVariables(method: string): Readonly<Record<'user' | 'password' | 'exe' | 'flags', readonly string[]>> {
  return {
    user: ['ansible_become_user', `ansible_${method}_user`],
    password: ['ansible_become_password', 'ansible_become_pass', `ansible_${method}_pass`],
    exe: ['ansible_become_exe', `ansible_${method}_exe`],
    flags: ['ansible_become_flags', `ansible_${method}_flags`],
  };
}
