import { describe, expect, it } from 'vitest';
import { advice } from '../../../src/app/day-two/certs/check.js';
import { daysLeft, endingWithin, hostCerts } from '../../../src/app/day-two/certs/model.js';
import type { CertificateFact } from '../../../src/facts/living/living-facts.js';
import { sampleCluster } from '../../support/cluster.js';

const NOW = Date.parse('2026-11-29T00:00:00Z');
const host = sampleCluster().controlPlane[0];

function certs(...found: CertificateFact[]) {
  if (!host) throw new Error('the sample has control planes');
  return hostCerts(host, found);
}

const cert = (path: string, ends: string): CertificateFact => ({ path, endsAt: Date.parse(ends), subject: 'CN=kube-apiserver' });

describe('the certificates of a host', () => {
  it('are read with their end, their subject and who renews them', () => {
    const found = certs(
      cert('/etc/kubernetes/pki/apiserver.crt', 'Nov 29 03:40:00 2027 GMT'),
      cert('/etc/kubernetes/pki/apiserver-etcd-client.crt', 'Nov 26 03:40:00 2036 GMT'),
      cert('/etc/kubernetes/pki/ca.crt', 'Nov 26 03:40:00 2036 GMT'),
      cert('/etc/ssl/etcd/ssl/ca.pem', 'Nov 26 03:40:00 2126 GMT'),
      cert('/etc/ssl/etcd/ssl/member-m11-k8s.pem', 'Nov 26 03:40:00 2036 GMT'),
      cert('/etc/kubernetes/admin.conf', 'Nov 29 03:40:00 2027 GMT'),
      cert('/var/lib/kubelet/pki/kubelet-client-current.pem', 'Nov 29 03:40:00 2027 GMT'),
      cert('/var/lib/kubelet/pki/kubelet.crt', 'Nov 29 03:40:00 2027 GMT'),
    );
    expect(found.map((c) => c.kind)).toEqual([
      'kubeadm',
      'etcd',
      'ca',
      'ca',
      'etcd',
      'kubeadm',
      'kubelet-client',
      'kubelet-server',
    ]);
    expect(found[0]).toMatchObject({ host: 'm11-k8s', subject: 'CN=kube-apiserver', ends: Date.parse('2027-11-29T03:40:00Z') });
  });

  it('that cannot be read are left out', () => {
    expect(certs({ path: '/etc/kubernetes/pki/broken.crt', endsAt: Number.NaN, subject: '' })).toEqual([]);
  });

  it('are reported when they end within the limit, the first to end first; those that renew themselves within half of it', () => {
    const found = certs(
      cert('/etc/kubernetes/pki/apiserver.crt', 'Jan 20 00:00:00 2027 GMT'),
      cert('/etc/kubernetes/admin.conf', 'Nov 20 00:00:00 2026 GMT'),
      cert('/var/lib/kubelet/pki/kubelet-client-current.pem', 'Jan 5 00:00:00 2027 GMT'),
      cert('/etc/kubernetes/pki/front-proxy-client.crt', 'Feb 5 00:00:00 2027 GMT'),
    );
    const ending = endingWithin(found, 60, NOW);
    expect(ending.map((c) => [c.path, daysLeft(c, NOW)])).toEqual([
      ['/etc/kubernetes/admin.conf', -9],
      ['/etc/kubernetes/pki/apiserver.crt', 52],
    ]);
    expect(advice(ending, 60)).toBe(
      '2 of the certificates end within 60 days. kubewright certs renew makes them again, without downtime.',
    );
  });

  it('of a CA are not promised to be renewed', () => {
    const ca = endingWithin(certs(cert('/etc/kubernetes/pki/ca.crt', 'Dec 5 00:00:00 2026 GMT')), 60, NOW);
    expect(advice(ca, 60)).toBe(
      '1 of the certificates ends within 60 days. A CA is not replaced by any command yet: m11-k8s:/etc/kubernetes/pki/ca.crt.',
    );
  });
});
