import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alternatives, imageFileName, notInImages } from '../../../src/artifacts/build/image-parts.js';
import { finishedSteps, lock, once } from '../../../src/artifacts/build/work.js';
import { acquireOptions, debianSources, parseDeb822, parseList } from '../../../src/artifacts/debian/apt.js';
import { debianBundleDir } from '../../../src/artifacts/debian/build.js';
import { upstreamVersion } from '../../../src/artifacts/debian/components.js';
import { packageOfFile } from '../../../src/artifacts/debian/mmdebstrap.js';
import { LockedError } from '../../../src/base/errors.js';
import { scratch } from '../../support/bundle.js';

describe("this machine's apt sources", () => {
  it('reads the one-line format', () => {
    const text = [
      '# deb http://old.test/debian bookworm main',
      'deb [arch=amd64 signed-by=/x.gpg] http://a.test/debian bookworm main contrib # ours',
      'deb-src http://a.test/debian bookworm main',
      'deb http://b.test stable main',
      'deb http://c.test bookworm contrib',
    ].join('\n');
    expect(parseList(text)).toEqual(['http://a.test/debian bookworm main']);
  });

  it('reads the paragraph format', () => {
    const text = `Types: deb
# a comment
URIs: http://a.test/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main

Types: deb
URIs:
 http://s.test/debian-security
 http://t.test/debian-security
Suites: bookworm-security
Components: contrib
 main
Signed-By: /x.gpg

Enabled: no
Types: deb
URIs: http://off.test
Suites: bookworm
Components: main
`;
    expect(parseDeb822(text)).toEqual([
      'http://a.test/debian bookworm main',
      'http://a.test/debian bookworm-updates main',
      'http://s.test/debian-security bookworm-security main',
    ]);
  });

  it('takes the mirror of the environment, then its own sources, then the default; each with its sources', async () => {
    const etc = await scratch();
    expect(await debianSources({ KUBEWRIGHT_DEBIAN_MIRROR: 'http://m.test/d' }, etc)).toEqual([
      'deb http://m.test/d bookworm main',
      'deb-src http://m.test/d bookworm main',
    ]);
    expect((await debianSources({}, etc))[0]).toBe('deb http://deb.debian.org/debian bookworm main');
    expect((await debianSources({}, etc, 'trixie')).filter((s) => s.startsWith('deb '))).toEqual([
      'deb http://deb.debian.org/debian trixie main',
      'deb http://deb.debian.org/debian trixie-updates main',
      'deb http://deb.debian.org/debian-security trixie-security main',
    ]);
    await mkdir(join(etc, 'sources.list.d'));
    await writeFile(join(etc, 'sources.list'), 'deb http://own.test bookworm main\n');
    await writeFile(join(etc, 'sources.list.d/x.list.disabled'), 'deb http://no.test bookworm main\n');
    expect(await debianSources({}, etc)).toEqual(['deb http://own.test bookworm main', 'deb-src http://own.test bookworm main']);
  });

  it('keeps how the archive is reached and nothing else', () => {
    const dump = [
      'Acquire "";',
      'Acquire::http::Proxy "http://p.test:3128";',
      'Acquire::https::CaInfo "/ca.pem";',
      'Acquire::http::Proxy::local.test "DIRECT";',
      'Acquire::https "";',
      'Acquire::Check-Valid-Until "false";',
      'Acquire::IndexTargets::deb::Packages::MetaKey "x";',
    ].join('\n');
    expect(acquireOptions(dump)).toBe(
      'Acquire::http::Proxy "http://p.test:3128";\nAcquire::https::CaInfo "/ca.pem";\n' +
        'Acquire::http::Proxy::local.test "DIRECT";\nAcquire::Check-Valid-Until "false";\n',
    );
  });
});

describe('names and versions', () => {
  it.each([
    ['1.6.20~ds1-1+deb12u3', '1.6.20'],
    ['1:1.35.0-4+deb12u1+b1', '1.35.0'],
    ['3.4.23-4+b4', '3.4.23'],
  ])('%s is upstream %s', (debian, upstream) => expect(upstreamVersion(debian)).toBe(upstream));

  it('are safe as file names', () => {
    expect(imageFileName('docker.io/library/haproxy:2.6.12')).toBe('docker.io_library_haproxy_2.6.12');
    expect(debianBundleDir('/var/cache/kubewright')).toBe('/var/cache/kubewright/bundle/debian-1.20.2');
  });
});

describe('images', () => {
  it("never hold apt's configuration, devices or the package manager's state", () => {
    // The last are this host's own: mmdebstrap copies them into every root.
    const left = ['etc/apt', 'dev/null', 'var/lib/dpkg', 'usr/share/doc', 'etc/hostname', 'etc/resolv.conf', 'etc/fstab'];
    for (const path of left) expect(notInImages(path)).toBe(true);
    for (const path of ['etc', 'dev', 'tmp', 'usr/sbin/haproxy', 'etc/protocols']) expect(notInImages(path)).toBe(false);
  });

  it('link iptables to nft, as on the nodes', () => {
    const links = new Map(alternatives().flatMap((e) => (e.type === 'symlink' ? [[e.path, e.target] as const] : [])));
    expect(links.get('usr/sbin/iptables')).toBe('/etc/alternatives/iptables');
    expect(links.get('etc/alternatives/iptables')).toBe('/usr/sbin/iptables-nft');
    expect(links.get('etc/alternatives/ip6tables-restore')).toBe('/usr/sbin/ip6tables-nft-restore');
  });
});

describe('packages of a root', () => {
  it('are told by the names of their files', () => {
    expect(packageOfFile('kmod_30+20221128-1_amd64.deb')).toEqual({ name: 'kmod', version: '30+20221128-1' });
    expect(packageOfFile('conntrack_1%3a1.4.7-1+b2_amd64.deb')).toEqual({ name: 'conntrack', version: '1:1.4.7-1+b2' });
  });
});

describe('build steps', () => {
  it('run once, and again only after a failure', async () => {
    const dir = await scratch();
    let runs = 0;
    const failing = once(dir, 'a', async () => {
      runs++;
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    for (let i = 0; i < 2; i++) {
      await once(dir, 'a', async () => {
        runs++;
      });
    }
    expect(runs).toBe(2);
    expect([...(await finishedSteps(dir))]).toEqual(['a']);
    expect([...(await finishedSteps(join(dir, 'none')))]).toEqual([]);
  });

  it('are held by one process at a time', async () => {
    const file = join(await scratch(), 'lock');
    const release = await lock(file);
    await expect(lock(file)).rejects.toBeInstanceOf(LockedError);
    await release();
    await (await lock(file))();
  });
});
