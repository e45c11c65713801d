import { InputError } from '../errors.js';
import type { HostKeyPolicy } from '../transport/port.js';

/** The part of ssh's arguments that we understand. */
export interface SshArgs {
  readonly knownHostsFiles?: readonly string[];
  readonly hostKeyMode?: HostKeyPolicy['mode'];
  readonly connectTimeoutSec?: number;
  readonly identityFile?: string;
  readonly port?: number;
  readonly user?: string;
}

/** Options that change nothing for us: we keep one connection open and check it anyway. */
const HARMLESS =
  /^(ControlMaster|ControlPersist|ControlPath|ServerAlive\w+|Compression|LogLevel|IdentitiesOnly|PreferredAuthentications|GSSAPI\w*|BatchMode|ForwardAgent)$/i;

/** Reads `ansible_ssh_common_args`. @throws InputError for what would silently change the meaning if it were left out. */
export function parseSshArgs(text: string | undefined, where: string | undefined): SshArgs {
  const out: { -readonly [K in keyof SshArgs]: SshArgs[K] } = {};
  const words = split(text ?? '');
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const value = (): string => (word.length > 2 ? word.slice(2) : (words[++i] ?? ''));
    if (word.startsWith('-o')) option(value(), out, where);
    else if (word.startsWith('-i')) out.identityFile = value();
    else if (word.startsWith('-p')) out.port = whole(word, value(), 65535, where);
    else if (word.startsWith('-l')) out.user = value();
    else if (word === '-C' || word === '-q' || word === '-4' || word === '-T' || word === '-a') continue;
    else throw unsupported(word, where);
  }
  return out;
}

function option(text: string, out: { -readonly [K in keyof SshArgs]: SshArgs[K] }, where: string | undefined): void {
  const [, name = '', value = ''] = /^\s*(\w+)\s*[= ]\s*(.*?)\s*$/.exec(text) ?? [];
  switch (name.toLowerCase()) {
    case 'userknownhostsfile':
      out.knownHostsFiles = value.split(/\s+/);
      // Ansible's users write this to switch the check off.
      if (value === '/dev/null') out.hostKeyMode = 'off';
      return;
    case 'stricthostkeychecking':
      out.hostKeyMode = /^(no|off)$/i.test(value) ? 'off' : /^accept-new$/i.test(value) ? 'accept-new' : 'strict';
      return;
    case 'connecttimeout':
      out.connectTimeoutSec = whole(name, value, 86_400, where);
      return;
    case 'identityfile':
      out.identityFile = value;
      return;
    case 'port':
      out.port = whole(name, value, 65535, where);
      return;
    case 'user':
      out.user = value;
      return;
    default:
      if (!HARMLESS.test(name)) throw unsupported(`-o ${text}`, where);
  }
}

function whole(name: string, text: string, max: number, where: string | undefined): number {
  const n = Number(text);
  if (/^\d+$/.test(text) && n >= 1 && n <= max) return n;
  throw new InputError({
    what: `${name} ${text} in ansible_ssh_common_args is not a number between 1 and ${max}`,
    where,
    todo: 'Correct it',
  });
}

function unsupported(what: string, where: string | undefined): InputError {
  const jump = /ProxyJump|ProxyCommand|^-J/i.test(what);
  return new InputError({
    what: `${what} in ansible_ssh_common_args is not supported yet`,
    where,
    todo: jump
      ? 'Run kubewright on the jump host itself for now'
      : 'Leave it out, or use -o UserKnownHostsFile, StrictHostKeyChecking, ConnectTimeout, IdentityFile, Port, User',
  });
}

/** Words as a shell would split them; quotes keep spaces. */
function split(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map((m) => m[0].replaceAll(/["']/g, ''));
}
