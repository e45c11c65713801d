import { describe, expect, it } from 'vitest';
import { endingCertificates } from '../../../src/cluster/checks/ending-certificates.js';
import type { HostFacts } from '../../../src/facts/facts.js';
import type { LivingFacts } from '../../../src/facts/living/living-facts.js';
import { sampleFacts } from '../../support/cluster.js';

const NOW = Date.parse('2026-11-29T00:00:00Z');
const DAY = 86_400_000;

const NOTHING: LivingFacts = {
  running: {},
  replaced: [],
  staticPods: {},
  otherPods: [],
  ours: false,
  cni: [],
  kubelet: {},
  certificates: [],
  restoring: false,
};

function facts(...certificates: readonly (readonly [path: string, days: number])[]): HostFacts {
  const living = { certificates: certificates.map(([path, days]) => ({ path, endsAt: NOW + days * DAY, subject: '' })) };
  return sampleFacts({ living: { ...NOTHING, ...living } });
}

describe('the warning about certificates that end', () => {
  it('is silent while all have more than 60 days, and where a file could not be read', () => {
    const all = new Map([['m11', facts(['/etc/kubernetes/pki/apiserver.crt', 61], ['/etc/kubernetes/pki/odd.crt', Number.NaN])]]);
    expect(endingCertificates(all, NOW)).toEqual([]);
    expect(endingCertificates(new Map([['w101', sampleFacts()]]), NOW)).toEqual([]);
  });

  it('leaves out a kubelet that still has time to renew its own', () => {
    const path = '/var/lib/kubelet/pki/kubelet-client-current.pem';
    expect(endingCertificates(new Map([['w101', facts([path, 45])]]), NOW)).toEqual([]);
    expect(endingCertificates(new Map([['w101', facts([path, 20])]]), NOW)).toHaveLength(1);
  });

  it('counts all, and names the one that ends first', () => {
    const all = new Map([
      ['m11', facts(['/etc/kubernetes/pki/apiserver.crt', 40.5], ['/etc/kubernetes/admin.conf', 41])],
      ['m12', facts(['/etc/kubernetes/pki/apiserver.crt', -2])],
    ]);
    expect(endingCertificates(all, NOW)).toMatchObject([
      {
        what: '3 certificates end within 60 days',
        why: '/etc/kubernetes/pki/apiserver.crt on m12 ended 2 days ago',
      },
    ]);
  });
});
