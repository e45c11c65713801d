import { describe, expect, it } from 'vitest';
import { parseAnswer } from '../../../src/app/day-two/ask.js';
import { advice } from '../../../src/app/day-two/certs/check.js';
import { certsOf } from '../../../src/app/day-two/certs/look.js';
import { daysLeft, endingWithin } from '../../../src/app/day-two/certs/model.js';
import { sampleCluster } from '../../support/cluster.js';

const NOW = Date.parse('2026-11-29T00:00:00Z');
const host = sampleCluster().controlPlane[0];

function certs(...lines: string[]) {
  if (!host) throw new Error('the sample has control planes');
  return certsOf(host, parseAnswer(lines.map((l) => `cert\t${l}`).join('\n')));
}

const cert = (path: string, ends: string): string => `${path}\tnotAfter=${ends}\tsubject=CN=kube-apiserver\t`;

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

  it('that openssl cannot read are left out', () => {
    expect(certs('/etc/kubernetes/pki/broken.crt\t')).toEqual([]);
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
