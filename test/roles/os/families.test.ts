import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { HostFacts } from '../../../src/facts/facts.js';
import { familyOf, OS_FAMILIES, supportedFamily } from '../../../src/roles/os/families.js';
import type { Shell } from '../../../src/shell/shell.js';
import { noPackages, packages } from '../../../src/tasks/package.js';
import { sampleFacts } from '../../support/cluster.js';

const bin = mkdtempSync(join(tmpdir(), 'kubewright-packages-'));
afterAll(() => rmSync(bin, { recursive: true, force: true }));

function facts(id: string, like: string, ...tools: string[]): HostFacts {
  return sampleFacts({
    os: { id, like: [id, ...like.split(' ')].filter((s) => s !== ''), version: '1', pretty: id },
    tools: new Set(tools),
  });
}

describe('OS families', () => {
  it.each([
    ['debian', '', 'apt-get', 'debian'],
    ['ubuntu', 'debian', 'apt-get', 'debian'],
    ['linuxmint', 'ubuntu debian', 'apt-get', 'debian'],
    ['rhel', 'fedora', 'dnf', 'rhel'],
    ['rocky', 'rhel centos fedora', 'dnf', 'rhel'],
    ['almalinux', 'rhel centos fedora', 'dnf', 'rhel'],
    ['fedora', '', 'dnf', 'rhel'],
    ['ol', 'fedora', 'dnf', 'rhel'],
  ])('recognise %s', (id, like, tool, family) => {
    expect(supportedFamily(facts(id, like, tool))?.name).toBe(family);
  });

  it.each([
    ['alpine', '', 'apk'],
    ['opensuse-leap', 'suse opensuse', 'zypper'],
    ['rocky', 'rhel', 'microdnf'],
  ])('do not recognise %s', (id, like, tool) => {
    expect(supportedFamily(facts(id, like, tool))).toBeUndefined();
    expect(familyOf(facts(id, like, tool))).toBeUndefined();
  });

  it('go by the package manager where preflight was told to pass over the system', () => {
    expect(supportedFamily(facts('mariner', '', 'dnf'))).toBeUndefined();
    expect(familyOf(facts('mariner', '', 'dnf'))?.name).toBe('rhel');
  });

  it('have names and ids of their own', () => {
    const ids = OS_FAMILIES.flatMap((f) => f.ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(OS_FAMILIES.map((f) => f.name)).size).toBe(OS_FAMILIES.length);
  });
});

/** Programs that know the packages of a file, one name per line, as the real ones answer. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'dpkg-query': `rc=0
shift 3
for p in "$@"; do if grep -qxF "$p" "$DB"; then echo installed; else rc=1; fi; done
exit $rc`,
  'apt-get': `verb= names=
for a in "$@"; do case $a in install | remove | update) verb=$a ;; -* | DPkg::*) ;; *) names="$names $a" ;; esac; done
for p in $names; do
  grep -vxF "$p" "$DB" > "$DB.new"; mv "$DB.new" "$DB"
  [ $verb = remove ] || echo "$p" >> "$DB"
done`,
  rpm: 'shift 2; for p in "$@"; do grep -qxF "$p" "$DB" || exit 1; done',
  dnf: `verb=$1; shift
for p in "$@"; do
  case $p in -*) continue ;; esac
  grep -vxF "$p" "$DB" > "$DB.new"; mv "$DB.new" "$DB"
  [ $verb = remove ] || echo "$p" >> "$DB"
done`,
};

describe.each(OS_FAMILIES.map((f) => [f.name, f] as const))('packages of %s', (_name, family) => {
  const db = join(bin, 'db');
  for (const [name, text] of Object.entries(PROGRAMS)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const run = (shell: Shell): number | null =>
    spawnSync('sh', ['-euc', shell.text], { env: { PATH: `${bin}:${process.env.PATH}`, DB: db } }).status;
  const options = { id: 'x', title: 'x', manager: family.packageManager, names: ['socat', 'ethtool'] };

  it('are installed where one is missing', () => {
    const task = packages(options);
    writeFileSync(db, 'socat\n');
    expect(run(task.check)).not.toBe(0);
    expect(run(task.apply)).toBe(0);
    expect(run(task.check)).toBe(0);
  });

  it('are removed where one is there', () => {
    const task = noPackages(options);
    writeFileSync(db, 'kept\nsocat\n');
    expect(run(task.check)).not.toBe(0);
    expect(run(task.apply)).toBe(0);
    expect(run(task.check)).toBe(0);
    expect(readFileSync(db, 'utf8')).toBe('kept\n');
  });
});
