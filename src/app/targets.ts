import { userInfo } from 'node:os';
import { InputError } from '../errors.js';
import type { Host } from '../inventory/model.js';
import { Secret } from '../shell/secret.js';
import type { HostKeyPolicy, Target } from '../transport/port.js';
import { HostVars } from './host-vars.js';
import { parseSshArgs } from './ssh-args.js';

/** What flags and environment say; inventory variables win over them, as in Ansible. */
export interface TargetFlags {
  readonly user?: string;
  readonly privateKey?: string;
  readonly password?: Secret;
  readonly becomePassword?: Secret;
  readonly hostKeyChecking?: HostKeyPolicy['mode'];
  readonly connectTimeoutSec?: number;
  readonly become?: boolean;
}

const DEFAULT_TIMEOUT_SEC = 10;

/** How a host of the inventory is reached. @throws InputError with file:line:column for a variable that makes no sense. */
export function targetFromHost(host: Host, flags: TargetFlags): Target {
  const vars = new HostVars(host);
  const args = parseSshArgs(vars.text('ansible_ssh_common_args'), vars.where('ansible_ssh_common_args'));
  const extra = parseSshArgs(vars.text('ansible_ssh_extra_args'), vars.where('ansible_ssh_extra_args'));
  const ssh = { ...args, ...extra };
  const password = vars.text('ansible_password') ?? vars.text('ansible_ssh_pass');
  const becomePassword = vars.text('ansible_become_password') ?? vars.text('ansible_become_pass');
  const connection = vars.oneOf('ansible_connection', ['ssh', 'local', 'paramiko', 'smart'] as const) ?? 'ssh';
  return {
    name: host.name,
    address: vars.text('ansible_host') ?? vars.text('ansible_ssh_host') ?? host.name,
    port: vars.port('ansible_port') ?? vars.port('ansible_ssh_port') ?? ssh.port ?? 22,
    user: vars.text('ansible_user') ?? vars.text('ansible_ssh_user') ?? flags.user ?? ssh.user ?? userInfo().username,
    connection: connection === 'local' ? 'local' : 'ssh',
    password: password === undefined ? flags.password : new Secret('ssh-password', password),
    privateKeyFile: vars.text('ansible_ssh_private_key_file') ?? flags.privateKey ?? ssh.identityFile,
    become: {
      enabled: vars.bool('ansible_become') ?? flags.become ?? true,
      user: vars.text('ansible_become_user') ?? 'root',
      method: becomeMethod(vars),
      password: becomePassword === undefined ? flags.becomePassword : new Secret('become-password', becomePassword),
    },
    hostKeys: {
      mode: flags.hostKeyChecking ?? ssh.hostKeyMode ?? (vars.bool('ansible_host_key_checking') === false ? 'off' : 'accept-new'),
      files: ssh.knownHostsFiles ?? ['~/.ssh/known_hosts'],
    },
    timeoutMs: 1000 * (ssh.connectTimeoutSec ?? flags.connectTimeoutSec ?? DEFAULT_TIMEOUT_SEC),
  };
}

function becomeMethod(vars: HostVars): 'sudo' {
  const method = vars.text('ansible_become_method') ?? 'sudo';
  if (method === 'sudo') return method;
  throw new InputError({
    what: `ansible_become_method ${method} is not supported`,
    where: vars.where('ansible_become_method'),
    todo: 'Use sudo',
  });
}
