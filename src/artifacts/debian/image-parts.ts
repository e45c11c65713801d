import type { TarEntry } from '../tar.js';

export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const dir = (path: string, mode = 0o755): TarEntry => ({ type: 'directory', path, mode });
export const file = (path: string, content: string): TarEntry => ({ type: 'file', path, mode: 0o644, content });
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
