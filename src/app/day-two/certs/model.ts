import type { ClusterHost } from '../../../cluster/cluster.js';
import type { CertificateFact } from '../../../facts/living/living-facts.js';

/** A certificate on a host. */
export interface HostCert {
  readonly host: string;
  readonly path: string;
  readonly kind: CertKind;
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly ends: number;
}

/**
 * Who makes it again: `kubeadm` and `etcd` by `certs renew`, `kubelet-server` too; `kubelet-client` renews itself when at most
 * 30 % of its life are left; a `ca` is not replaced by any command.
 */
type CertKind = 'kubeadm' | 'etcd' | 'kubelet-client' | 'kubelet-server' | 'ca';

const DAY = 86_400_000;

/** Whole days that are left; negative: it has ended. */
export function daysLeft(cert: HostCert, now: number): number {
  return Math.floor((cert.ends - now) / DAY);
}

function kindOf(path: string, etcdDir: string): CertKind {
  if (/(^|\/)(ca|front-proxy-ca)\.(crt|pem)$/.test(path)) return 'ca';
  if (path.startsWith(`${etcdDir}/`) || path.endsWith('/apiserver-etcd-client.crt')) return 'etcd';
  if (path.endsWith('/kubelet-client-current.pem')) return 'kubelet-client';
  if (path.includes('/kubelet/pki/')) return 'kubelet-server';
  return 'kubeadm';
}

/** Certificates that end within that number of days, the first to end first. A kubelet's own is given half of that: it renews itself. */
export function endingWithin(certs: readonly HostCert[], days: number, now: number): HostCert[] {
  return certs
    .filter((c) => daysLeft(c, now) < (c.kind === 'kubelet-client' ? days / 2 : days))
    .toSorted((a, b) => a.ends - b.ends);
}

/** What was found on a host; what cannot be read is left out. */
export function hostCerts(host: ClusterHost, found: readonly CertificateFact[]): HostCert[] {
  return found.flatMap(({ path, endsAt, subject }) =>
    Number.isNaN(endsAt)
      ? []
      : [{ host: host.name, path, kind: kindOf(path, host.settings.etcd_cert_dir), subject, ends: endsAt }],
  );
}
