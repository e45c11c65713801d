import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ClusterHost } from '../../src/cluster/cluster.js';
import { handOverConfig, initConfig, joinConfig, type KubeadmHost } from '../../src/kubeadm/build.js';
import { sampleCluster } from '../support/cluster.js';

const FILES = join(import.meta.dirname, 'files');

describe.each([
  ['1.20.2', 'v1beta2'],
  ['1.28.15', 'v1beta3'],
  ['1.36.4', 'v1beta4'],
])('kubeadm configuration of Kubernetes %s', (version, api) => {
  const cluster = sampleCluster({
    vars: { kube_version: version, kube_kubeadm_apiserver_extra_args: { 'audit-log-maxage': '30' } },
  });
  const [first, second] = cluster.controlPlane;
  const worker = cluster.workers[0];
  if (!first || !second || !worker) throw new Error('the sample lacks hosts');
  const target = (host: ClusterHost): KubeadmHost => ({ cluster, host, criSocket: '/run/containerd/containerd.sock' });
  const secrets = { token: 'abcdef.0123456789abcdef', certificateKey: 'f'.repeat(64) };

  it('of init is the reviewed one', async () => {
    await expect(initConfig(target(first))).toMatchFileSnapshot(join(FILES, `kubeadm-init.${api}.yaml`));
  });

  it('of join is the reviewed one', async () => {
    const hash = `sha256:${'0'.repeat(64)}`;
    const text = [second, worker].map((h) => joinConfig(target(h), secrets, hash)).join('---\n');
    await expect(text).toMatchFileSnapshot(join(FILES, `kubeadm-join.${api}.yaml`));
  });

  it('names its API version in every document of kubeadm', () => {
    const documents = parseAllDocuments(handOverConfig(target(first), secrets)).map((d) => d.toJS());
    expect(documents.map((d) => d.kind)).toEqual([
      'InitConfiguration',
      'ClusterConfiguration',
      'KubeletConfiguration',
      'KubeProxyConfiguration',
    ]);
    for (const d of documents.slice(0, 2)) expect(d.apiVersion).toBe(`kubeadm.k8s.io/${api}`);
    expect(documents[0].bootstrapTokens[0].token).toBe('abcdef.0123456789abcdef');
  });
});
