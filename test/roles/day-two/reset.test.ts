import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reset } from '../../../src/roles/day-two/reset/reset.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kw-reset-'));
  // Programs of the host that must not be reached from here.
  put('stubs/umount', '#!/bin/sh\n', 0o755);
  put(
    'stubs/systemctl',
    `#!/bin/sh
echo "$*" >> ${root}/asked
case $1 in
  is-active) [ -e ${root}/active ] ;;
  start) [ ! -e ${root}/broken ] || exit 1; touch ${root}/active ;;
  disable) rm -f ${root}/active ;;
esac
`,
    0o755,
  );
  // `containers/NAMESPACE` has a container in each line; it answers only where containerd runs.
  put(
    'usr/local/bin/ctr',
    `#!/bin/sh
[ -e ${root}/active ] || exit 1
if [ "$1" = namespaces ]; then ls ${root}/containers; exit; fi
n=$2
case "$3 $4" in
  'containers ls') cat ${root}/containers/"$n" ;;
  'containers rm') : > ${root}/containers/"$n" ;;
  'images ls') cat ${root}/images 2>/dev/null || : ;;
  'images rm') rm -f ${root}/images ;;
esac
`,
    0o755,
  );
  put('etc/systemd/system/containerd.service', '');
  put('var/lib/kubewright/installed/containerd.binaries', 'x');
  put('var/lib/kubewright/installed/containerd.binaries.files', 'containerd ctr');
  put('var/lib/kubewright/installed/containerd.cni.files', 'bridge\n');
  put('usr/local/bin/containerd', '');
  put('opt/cni/bin/bridge', '');
  put('var/lib/containerd/io.containerd.metadata/meta.db', 'data');
  put('containers/k8s.io', 'pause\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, { mode });
}

const there = (path: string): boolean => existsSync(join(root, path));

/** Runs a part of a task of `reset` with the host's directories below a directory of ours. */
function run(id: string, part: 'check' | 'apply'): { readonly status: number | null; readonly stdout: string } {
  const task = reset.tasks(roleContext(sampleCluster(), 'w101-k8s')).find((t) => t.id === id);
  if (!task) throw new Error(`no task ${id}`);
  const text = task[part].text.replaceAll(/(?<![\w.)^|])\/(var|run|etc|opt|usr\/local)\//g, `${root}/$1/`);
  const { status, stdout } = spawnSync('sh', ['-eu'], {
    input: text,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${root}/stubs:${process.env.PATH}` },
  });
  return { status, stdout };
}

describe('reset of a host with containers of others', () => {
  it('takes containerd away where there are none', () => {
    put('active', '');
    expect(run('reset/containerd', 'check').status).not.toBe(0);
    expect(run('reset/containerd', 'apply').status).toBe(0);
    expect(there('usr/local/bin/containerd')).toBe(false);
    expect(there('var/lib/containerd/io.containerd.metadata')).toBe(false);
    expect(run('reset/containerd', 'check').status).toBe(0);
    expect(run('reset/binaries', 'apply').status).toBe(0);
    expect(there('opt/cni/bin/bridge')).toBe(false);
  });

  it.each(['default', 'moby'])('leaves it, its data and the CNI plugins for a container in the namespace %s', (namespace) => {
    put('active', '');
    put(`containers/${namespace}`, 'theirs\n');
    put('images', 'registry.k8s.io/pause:3.10.2\n');
    const { status, stdout } = run('reset/containerd', 'apply');
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `containerd stays, because there are containers in its namespaces ${namespace}\n`,
    });
    expect(run('reset/binaries', 'apply').status).toBe(0);
    expect([there('active'), there('var/lib/containerd/io.containerd.metadata/meta.db'), there('opt/cni/bin/bridge')]).toEqual([
      true,
      true,
      true,
    ]);
    expect(readFileSync(join(root, `containers/${namespace}`), 'utf8')).toBe('theirs\n');
    // What is of Kubernetes went.
    expect([readFileSync(join(root, 'containers/k8s.io'), 'utf8'), there('images')]).toEqual(['', false]);
    for (const id of ['reset/containerd', 'reset/binaries']) expect(run(id, 'check').status).toBe(0);
  });

  it('asks a containerd that was stopped, too', () => {
    put('containers/default', 'theirs\n');
    expect(run('reset/containerd', 'apply').status).toBe(0);
    expect(there('active')).toBe(true);
    expect(there('var/lib/containerd/io.containerd.metadata/meta.db')).toBe(true);
  });

  it('deletes nothing where containerd does not start', () => {
    put('containers/default', 'theirs\n');
    put('broken', '');
    expect(run('reset/containerd', 'apply').status).not.toBe(0);
    expect(there('var/lib/containerd/io.containerd.metadata/meta.db')).toBe(true);
    expect(there('usr/local/bin/containerd')).toBe(true);
  });

  it('takes it away once the containers of others are gone', () => {
    put('active', '');
    put('containers/default', 'theirs\n');
    run('reset/containerd', 'apply');
    put('containers/default', '');
    expect(run('reset/containerd', 'check').status).not.toBe(0);
    expect(run('reset/containerd', 'apply').status).toBe(0);
    expect(there('usr/local/bin/containerd')).toBe(false);
  });

  it("leaves what other runtimes note about their networks, and deletes what the pods' had", () => {
    const theirs = ['networks/podman/10.88.0.5', 'results/podman-abc-eth0', 'cache/results/bridge-def-eth0'];
    const ours = [
      'networks/kubewright/10.233.64.5',
      'results/k8s-pod-network-abc-eth0',
      'cache/results/kubewright-abc-eth0',
      'results/cni-loopback-abc-lo',
    ];
    for (const f of [...theirs, ...ours]) put(`var/lib/cni/${f}`, '');
    put('etc/hosts', '127.0.0.1 localhost\n');
    expect(run('reset/files', 'check').status).not.toBe(0);
    expect(run('reset/files', 'apply').status).toBe(0);
    expect(theirs.filter((f) => !there(`var/lib/cni/${f}`))).toEqual([]);
    expect(ours.filter((f) => there(`var/lib/cni/${f}`))).toEqual([]);
  });
});
