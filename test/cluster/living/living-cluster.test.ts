import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { livingCluster } from '../../../src/cluster/living/living-cluster.js';
import { parseFacts } from '../../../src/facts/parse.js';
import { sampleFacts } from '../../support/cluster.js';

const text = readFileSync('test/fixtures/living/control-plane.txt', 'utf8');

describe('a living cluster', () => {
  it('is not there on fresh hosts', () => {
    expect(livingCluster(new Map([['m11-k8s', sampleFacts()]]))).toBeUndefined();
  });

  it('joins what was found on the hosts', () => {
    const worker = parseFacts('clock\t1\narch\tx86_64\nnode\tyes\nliving\tyes\nrunning\tkubelet Kubernetes v1.35.9\n', 0);
    const living = livingCluster(
      new Map([
        ['m11-k8s', parseFacts(text, 0)],
        ['m12-k8s', parseFacts(text.replaceAll(/^(api-|etcd-status|etcd-member|etcd-ca-key).*\n/gm, ''), 0)],
        ['w101-k8s', worker],
        ['w102-k8s', sampleFacts()],
      ]),
    );
    expect(living?.api?.host).toBe('m11-k8s');
    expect([...(living?.silentApis ?? [])]).toEqual([['m12-k8s', 'no answer']]);
    expect(living?.versions.cluster).toBe('1.36.3');
    expect(living?.versions.all).toEqual(['1.35.9', '1.36.3']);
    expect(living?.versions.kubelets.get('w101-k8s')).toBe('1.35.9');
    expect(living?.configuration).toMatchObject({
      clusterName: 'cluster.local',
      dnsDomain: 'cluster.local',
      podSubnet: '10.233.64.0/18',
      serviceSubnet: '10.233.0.0/18',
      controlPlaneEndpoint: '10.81.0.11:6443',
    });
    expect(living?.etcd.hasQuorum).toBe(true);
    expect(living?.etcd.members).toHaveLength(3);
    expect(living?.etcd.caKeyOn).toEqual(['m11-k8s']);
    expect([...(living?.etcd.cas.values() ?? [])]).toEqual([['m11-k8s', 'm12-k8s']]);
    expect(living?.kubeProxyMode).toBe('iptables');
    expect([...(living?.nodeHosts ?? [])]).toEqual(['m11-k8s', 'm12-k8s', 'w101-k8s']);
  });

  it('knows an etcd that runs without a quorum, and one that does not run', () => {
    const lost = text.replaceAll(/^(etcd-status|etcd-member).*\n/gm, '');
    expect(livingCluster(new Map([['m', parseFacts(lost, 0)]]))?.etcd.hasQuorum).toBe(false);
    const stopped = lost.replace(/^running\tetcd.*\n/m, '');
    expect(livingCluster(new Map([['m', parseFacts(stopped, 0)]]))?.etcd.hasQuorum).toBeUndefined();
  });
});
