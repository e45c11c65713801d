import { describe, expect, it } from 'vitest';
import { InputErrors } from '../../src/base/errors.js';
import { resolveCluster } from '../../src/cluster/resolve.js';
import { sampleInventory } from '../support/cluster.js';

describe('an even number of etcd members', () => {
  it('is refused where members are made, and accepted where a lost one is being looked after', () => {
    const two = sampleInventory({ etcd: 2 });
    expect(() => resolveCluster(two)).toThrow(InputErrors);
    expect(resolveCluster(two, { evenEtcd: true }).cluster.etcd).toHaveLength(2);
  });
});
