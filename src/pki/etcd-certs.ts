import { type Cluster, type ClusterHost, memberName } from '../cluster/cluster.js';
import { joinShell, type Shell, sh } from '../shell/shell.js';

/**
 * A certificate of etcd that a host holds. The private key is made on the host and never leaves it; the CA is on the etcd
 * hosts, and one of them signs requests that travel through the operator's machine, which keeps nothing.
 */
export interface EtcdCert {
  readonly kind: 'member' | 'admin' | 'apiserver';
  readonly keyFile: string;
  readonly certFile: string;
  readonly commonName: string;
  /** OpenSSL's notation: `DNS:name`, `IP:address`. Empty for pure clients. */
  readonly sans: readonly string[];
  /** extendedKeyUsage. Members talk to each other in both roles. */
  readonly usages: string;
}

/** Where kubeadm's configuration expects the API server's client certificate: the same path on every control plane. */
export const APISERVER_ETCD = {
  ca: '/etc/kubernetes/pki/etcd/ca.crt',
  cert: '/etc/kubernetes/pki/apiserver-etcd-client.crt',
  key: '/etc/kubernetes/pki/apiserver-etcd-client.key',
} as const;

/** Days. etcd's own certificates live long: nothing rotates them by itself. */
export const ETCD_CERT_DAYS = 3650;
export const ETCD_CA_DAYS = 36500;

/** The certificates that a host needs; file names as kubespray has them. */
export function etcdCerts(cluster: Cluster, host: ClusterHost): EtcdCert[] {
  const dir = host.settings.etcd_cert_dir;
  const certs: EtcdCert[] = [];
  if (host.etcd) {
    const sans = new Set([
      `DNS:${host.name}`,
      'DNS:localhost',
      `DNS:${memberName(host)}`,
      `IP:${host.ip}`,
      `IP:${host.accessIp}`,
      'IP:127.0.0.1',
    ]);
    certs.push({
      kind: 'member',
      keyFile: `${dir}/member-${host.name}-key.pem`,
      certFile: `${dir}/member-${host.name}.pem`,
      commonName: `etcd-member-${host.name}`,
      sans: [...sans],
      usages: 'serverAuth,clientAuth',
    });
    certs.push({
      kind: 'admin',
      keyFile: `${dir}/admin-${host.name}-key.pem`,
      certFile: `${dir}/admin-${host.name}.pem`,
      commonName: `etcd-admin-${host.name}`,
      sans: [],
      usages: 'clientAuth',
    });
  }
  if (cluster.controlPlane.includes(host)) {
    certs.push({
      kind: 'apiserver',
      keyFile: APISERVER_ETCD.key,
      certFile: APISERVER_ETCD.cert,
      commonName: 'kube-apiserver-etcd-client',
      sans: [],
      usages: 'clientAuth',
    });
  }
  return certs;
}

/** Hosts that hold certificates of etcd: members and control planes, each once, members first. */
export function etcdCertHosts(cluster: Cluster): ClusterHost[] {
  return [...new Set([...cluster.etcd, ...cluster.controlPlane])];
}

/**
 * Succeeds when the certificate fits its key and the CA, has the right names and is valid for 30 more days. Runs twice per
 * certificate and run, so it starts few programs.
 */
export function certIsGood(cert: EtcdCert, caFile: string): Shell {
  const wanted = `,${cert.sans.join(',')},`;
  // All of them, and of their total length: so there are no others.
  const each = cert.sans.map((name) => sh`case $names in *${`,${name},`}*) ;; *) exit 1 ;; esac`);
  return joinShell([
    sh`[ -s ${cert.certFile} ]`,
    sh`text=$(openssl x509 -checkend 2592000 -noout -pubkey -ext subjectAltName -in ${cert.certFile} 2>/dev/null)`,
    sh`openssl verify -CAfile ${caFile} ${cert.certFile} >/dev/null 2>&1`,
    sh`key=$(openssl pkey -pubout -in ${cert.keyFile})`,
    sh`case $text in *"$key"*) ;; *) exit 1 ;; esac`,
    sh`names=,$(printf '%s\\n' "$text" | sed -n '/Subject Alternative Name/{n;s/ //g;s/IPAddress:/IP:/g;p;}'),`,
    ...each,
    sh`[ "\${#names}" -eq ${wanted.length} ]`,
  ]);
}
