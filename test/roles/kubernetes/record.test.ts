import { describe, expect, it } from 'vitest';
import { newestRecord, recordText } from '../../../src/cluster/living/record.js';
import { record } from '../../../src/roles/kubernetes/record.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

describe('the record of what was applied', () => {
  it('is read back, the first that can be read', () => {
    const text = recordText(sampleCluster({ vars: { kube_pods_subnet: '10.200.0.0/16' } }), { etcd_version: '3.6.16' });
    const read = newestRecord([undefined, '{"schema":2}', '{', text]);
    expect(read?.settings).toMatchObject({ kube_pods_subnet: '10.200.0.0/16', etcd_version: '3.6.16' });
    expect(read?.hosts['m11-k8s']).toEqual(['control-plane', 'etcd']);
  });

  it('holds nothing that is secret or applied at once', () => {
    const cluster = sampleCluster({
      vars: { http_proxy: 'http://me:secret@proxy:3128', supplementary_addresses_in_ssl_keys: ['a.example'] },
    });
    for (const h of cluster.hosts) {
      const vars = h.inventoryHost.vars as Map<string, object>;
      vars.set('supplementary_addresses_in_ssl_keys', { ...vars.get('supplementary_addresses_in_ssl_keys'), secret: true });
    }
    expect(recordText(cluster, {})).not.toMatch(/secret|a\.example/);
  });

  it('is the same for the same inventory in another order', () => {
    const [a, b] = [sampleCluster(), sampleCluster()];
    expect(recordText({ ...a, hosts: a.hosts.toReversed() }, {})).toBe(recordText(b, {}));
  });

  it('lies on every control plane, and in the cluster once', () => {
    const ids = (host: string) => record.tasks(roleContext(sampleCluster(), host)).map((t) => t.id);
    expect(ids('m11-k8s')).toEqual(['record/directory', 'record/applied', 'record/config-map']);
    expect(ids('m12-k8s')).toEqual(['record/directory', 'record/applied']);
  });
});
