import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KubewrightError } from '../../base/errors.js';
import type { TarEntry } from '../tar.js';

const exec = promisify(execFile);

export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const dir = (path: string, mode = 0o755): TarEntry => ({ type: 'directory', path, mode });
const file = (path: string, content: string): TarEntry => ({ type: 'file', path, mode: 0o644, content });
export const link = (path: string, target: string): TarEntry => ({ type: 'symlink', path, mode: 0o777, target });

/** /etc/passwd and /etc/group, which maintainer scripts make on a real system. */
export function accounts(...more: readonly (readonly [name: string, id: number])[]): TarEntry[] {
  const all = [['root', 0], ...more, ['nobody', 65534]] as const;
  const passwd = all.map(
    ([n, id]) => `${n}:x:${id}:${id}:${n}:${id === 0 ? '/root' : '/nonexistent'}:${id === 0 ? '/bin/sh' : '/sbin/nologin'}\n`,
  );
  const group = all.map(([n, id]) => `${id === 65534 ? 'nogroup' : n}:x:${id}:\n`);
  return [file('etc/passwd', passwd.join('')), file('etc/group', group.join(''))];
}

/**
 * The links that update-alternatives makes for iptables: nft, as on the nodes (Debian's default).
 * `iptables-legacy` and `iptables-nft` keep their own names.
 */
export function alternatives(): TarEntry[] {
  const links: TarEntry[] = [];
  for (const name of ['iptables', 'ip6tables'].flatMap((n) => [n, `${n}-save`, `${n}-restore`])) {
    const nft = `/usr/sbin/${name.replace(/^(ip6?tables)/, '$1-nft')}`;
    links.push(link(`usr/sbin/${name}`, `/etc/alternatives/${name}`), link(`etc/alternatives/${name}`, nft));
  }
  for (const name of ['arptables', 'ebtables'].flatMap((n) => [n, `${n}-save`, `${n}-restore`])) {
    links.push(link(`usr/sbin/${name}`, `/usr/sbin/${name.replace(/^(arptables|ebtables)/, '$1-nft')}`));
  }
  return [dir('etc/alternatives'), ...links];
}

/** `k8s.gcr.io/pause:3.2` → `k8s.gcr.io_pause_3.2`. */
export const imageFileName = (ref: string) => ref.replaceAll(/[/:@]/g, '_');

/** Files made by hand or by the runtime, apt's configuration (it may contain a proxy's password), and unused files. */
export function notInImages(path: string): boolean {
  return SYSTEM_CONTENTS.test(path) || UNUSED.test(path);
}

const SYSTEM_CONTENTS = /^(dev|proc|sys|boot|run|tmp)\//;
const UNUSED = new RegExp(
  `^(${[
    'etc/(apt|dpkg|fstab|hostname|resolv\\.conf|machine-id|init\\.d|rc.\\.d|logrotate\\.d|rsyslog\\.d|cron.*|kernel)',
    'usr/share/(doc|man|locale|info|lintian|bash-completion|bug|vim|initramfs-tools)',
    'usr/lib/(systemd|modules)',
    'var/(cache|lib|log)/(apt|dpkg)',
  ].join('|')})$`,
);

/** An executable of this host at a place in an image. */
export function program(source: string, path: string): TarEntry {
  return { type: 'file', path, mode: 0o755, source };
}

/** Around a static program: accounts, a temporary directory, and name resolution that reads /etc/hosts first. */
export function emptyBase(): TarEntry[] {
  return [
    dir('etc'),
    ...accounts(),
    file('etc/nsswitch.conf', 'hosts: files dns\n'),
    dir('tmp', 0o1777),
    dir('usr'),
    dir('usr/local'),
    dir('usr/local/bin'),
  ];
}

/** An image's contents around a static busybox: a link for each applet. */
export async function busyboxEntries(busybox: string): Promise<TarEntry[]> {
  const { stdout } = await exec(busybox, ['--list']);
  const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  if (!applets.includes('httpd')) throw new KubewrightError({ what: "Debian's busybox has no httpd", fix: 'Report this' });
  return [
    dir('bin'),
    program(busybox, 'bin/busybox'),
    ...applets.map((name) => link(`bin/${name}`, 'busybox')),
    dir('etc'),
    ...accounts(),
    file('etc/nsswitch.conf', 'hosts: files dns\n'),
    dir('home'),
    dir('root', 0o700),
    dir('tmp', 0o1777),
    dir('usr'),
    dir('usr/bin'),
    link('usr/bin/env', '../../bin/env'),
    dir('var'),
    dir('var/www'),
  ];
}
