import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { clusterConfigs } from '../../../src/roles/day-two/remove/objects.js';
import { without } from '../../../src/roles/day-two/remove/remove-options.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-configs-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** As kubectl prints them, for a cluster that m11 was the first of. */
const CLUSTER_INFO = `apiVersion: v1
data:
  kubeconfig: |
    apiVersion: v1
    clusters:
    - cluster:
        server: https://192.168.1.11:6443
      name: ""
kind: ConfigMap
`;
const KUBEADM_CONFIG = `apiVersion: v1
data:
  ClusterConfiguration: |
    apiServer:
      certSANs:
      - localhost
      - m11-k8s
      - 192.168.1.11
      - m12-k8s
      - 192.168.1.12
      - 192.168.1.110
    controlPlaneEndpoint: 192.168.1.11:6443
    etcd:
      external:
        endpoints:
        - https://192.168.1.11:2379
        - https://192.168.1.12:2379
kind: ConfigMap
`;

/** Gives and takes the two objects as files; says nothing about Kubernetes. */
const KUBECTL = `#!/bin/sh
case "$*" in
  *replace*) cat > ${dir}/in; if grep -q ClusterConfiguration ${dir}/in; then mv ${dir}/in ${dir}/kubeadm-config; else mv ${dir}/in ${dir}/cluster-info; fi ;;
  *jsonpath*) sed -n 's/^    //p' ${dir}/kubeadm-config ;;
  *kubeadm-config*) cat ${dir}/kubeadm-config ;;
  *) cat ${dir}/cluster-info ;;
esac
`;

it('takes out the lines that name a removed host, and no other', () => {
  writeFileSync(join(dir, 'kubectl'), KUBECTL);
  chmodSync(join(dir, 'kubectl'), 0o755);
  writeFileSync(join(dir, 'cluster-info'), CLUSTER_INFO);
  writeFileSync(join(dir, 'kubeadm-config'), KUBEADM_CONFIG);
  // As it is kept of the cluster that runs.
  const cluster = { ...sampleCluster({ vars: { bin_dir: dir } }), endpoint: '192.168.1.11:6443' };
  const removed = cluster.hosts.filter((h) => h.name === 'm11-k8s');
  const tasks = clusterConfigs(roleContext(cluster, 'm12-k8s'), removed, without(cluster, ['m11-k8s']));
  const run = (text: string) => spawnSync('sh', ['-eu', '-c', text], { encoding: 'utf8' });
  for (const task of tasks) {
    expect(run(task.check.text).status, task.id).toBe(1);
    expect(run(task.apply.text)).toMatchObject({ status: 0, stderr: '' });
    expect(run(task.check.text).status, task.id).toBe(0);
  }
  expect(readFileSync(join(dir, 'cluster-info'), 'utf8')).toBe(CLUSTER_INFO.replace('192.168.1.11:', '192.168.1.12:'));
  expect(readFileSync(join(dir, 'kubeadm-config'), 'utf8')).toBe(
    KUBEADM_CONFIG.replace('      - m11-k8s\n      - 192.168.1.11\n', '')
      .replace('        - https://192.168.1.11:2379\n', '')
      .replace('Endpoint: 192.168.1.11', 'Endpoint: 192.168.1.12'),
  );
});
