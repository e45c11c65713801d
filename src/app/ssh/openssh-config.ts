import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { HostKeyPolicy, Target } from '../../transport/types.js';

/**
 * ssh_config for a target and its jump hosts. The user's own files are included at the end: they add settings (ciphers,
 * forwardings) but override none of these.
 */
export function openSshConfig(target: Target, userFile?: string): string {
  const jumps = target.jumps ?? [];
  const blocks = [block(target, target.name, jumps.map(alias)), ...jumps.map((j, i) => block(j, alias(j, i), []))];
  const files =
    userFile === 'none'
      ? []
      : userFile === undefined
        ? [join(homedir(), '.ssh', 'config'), '/etc/ssh/ssh_config']
        : [resolve(userFile)];
  return [...blocks, ...(files.length > 0 ? ['Match all', ...files.map((f) => `  Include ${value(f)}`)] : []), ''].join('\n');
}

/** A host may be both jump host and target, and its name may be a pattern to ssh. */
function alias(hop: Target, index: number): string {
  return `kw-jump-${index + 1}-${hop.name.replaceAll(/[^\w.-]/g, '_')}`;
}

const STRICT: Readonly<Record<HostKeyPolicy['mode'], string>> = { strict: 'yes', 'accept-new': 'accept-new', off: 'no' };

function block(t: Target, name: string, jumps: readonly string[]): string {
  const keys = [...(t.privateKeyFile === undefined ? [] : [t.privateKeyFile]), ...(t.identities?.files ?? [])];
  const options: (readonly [string, string | undefined])[] = [
    ['HostName', value(t.address)],
    ['Port', String(t.port)],
    ['User', value(t.user)],
    ...keys.map((k) => ['IdentityFile', value(k)] as const),
    ...(t.identities?.certificates ?? []).map((c) => ['CertificateFile', value(c)] as const),
    ['IdentitiesOnly', t.identities?.only ? 'yes' : undefined],
    ['IdentityAgent', t.identities?.agent && value(t.identities.agent)],
    ['StrictHostKeyChecking', STRICT[t.hostKeys.mode]],
    ['UserKnownHostsFile', t.hostKeys.files.map(value).join(' ') || undefined],
    ['GlobalKnownHostsFile', t.hostKeys.globalFiles?.map(value).join(' ') || undefined],
    ['HostKeyAlias', t.hostKeys.alias && value(t.hostKeys.alias)],
    ['HashKnownHosts', t.hostKeys.hash ? 'yes' : undefined],
    ['ProxyCommand', t.proxyCommand?.replaceAll('%', '%%') ?? (jumps.length > 0 ? undefined : 'none')],
    ['ProxyJump', jumps.join(',') || undefined],
    ['ConnectTimeout', String(Math.ceil(t.timeoutMs / 1000))],
    ['ServerAliveInterval', t.keepalive && String(Math.ceil(t.keepalive.intervalMs / 1000))],
    ['ServerAliveCountMax', t.keepalive && String(t.keepalive.count)],
    ['AddressFamily', t.addressFamily && (t.addressFamily === 4 ? 'inet' : 'inet6')],
    ['BindAddress', t.bindAddress && value(t.bindAddress)],
    ['PreferredAuthentications', t.methods?.join(',')],
    // As written: ssh has algorithms that ssh2 lacks.
    ...Object.entries(t.algorithms?.written ?? {}),
  ];
  return [`Host ${value(name)}`, ...options.flatMap(([k, v]) => (v === undefined ? [] : [`  ${k} ${v}`]))].join('\n');
}

/** One argument, with the special characters of ssh_config escaped. */
function value(text: string): string {
  const safe = text.replaceAll('%', '%%');
  return /[\s"'#\\]/.test(safe) ? `"${safe.replaceAll(/(["\\])/g, '\\$1')}"` : safe;
}
