import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { bgpTasks } from '../../../src/roles/network/calico/bgp.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-reflectors-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** BIRD still has the sessions of the mesh when it is asked first. */
const KUBECTL = `#!/bin/sh
cd "$(dirname "$0")"
case "$*" in
*birdcl*)
  echo x >> asked
  echo 'Mesh_192_168_1_11 BGP      master   up     07:00:00    Established'
  [ "$(wc -l < asked)" -lt 2 ] || echo 'Node_192_168_1_11 BGP      master   up     07:00:01    Established' ;;
*'get pods'*) echo pod/calico-node-x ;;
esac
`;

it('a new route reflector has sessions of its own before the next one follows: those of the mesh go when it does', () => {
  writeFileSync(join(dir, 'kubectl'), KUBECTL, { mode: 0o755 });
  const vars = { bin_dir: dir, calico_network_backend: 'bird', calico_vxlan_mode: 'Never', cluster_id: '244.0.0.1' };
  const cluster = sampleCluster({ vars, reflectors: ['w101-k8s'] });
  const task = bgpTasks(roleContext(cluster, 'm11-k8s')).find((t) => t.id === 'network/calico-rr-w101-k8s');
  const done = spawnSync('sh', ['-eu', '-c', task?.apply.text ?? 'false'], { encoding: 'utf8' });
  expect(done.status, done.stderr).toBe(0);
  expect(readFileSync(join(dir, 'asked'), 'utf8')).toBe('x\nx\n');
});
