import { randomBytes, X509Certificate } from 'node:crypto';
import { InputError, KubewrightError } from '../../base/errors.js';
import { sh } from '../../shell/shell.js';
import type { Session } from '../../transport/types.js';
import { answerOf } from './answer.js';

export interface CertificateRequest {
  readonly user: string;
  readonly groups: readonly string[];
  /** Seconds. */
  readonly ttl: number;
}

export interface ClientCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly until: Date;
}

/** Kubernetes' own names and those that would end a field of the request. @throws InputError */
export function checkIdentity(user: string, groups: readonly string[]): void {
  for (const [flag, name] of [['--user', user], ...groups.map((g) => ['--group', g])] as const) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._@:-]{0,63}$/.test(name ?? ''))
      throw new InputError({
        what: `${flag} ${name} is not a name for a certificate`,
        fix: 'Use letters, digits and . _ @ : -, at most 64',
      });
    if (name?.startsWith('system:'))
      throw new InputError({
        what: `${flag} ${name} is a name of Kubernetes itself`,
        fix: 'Choose one without system: and bind it to a role, for example the ClusterRole view',
      });
  }
}

/**
 * A client certificate from the cluster's own signer (kubernetes.io/kube-apiserver-client). The key is made on the control plane in
 * memory and leaves it once; request and key are gone from there afterwards.
 * @throws KubewrightError
 */
export async function issueCertificate(session: Session, binDir: string, r: CertificateRequest): Promise<ClientCertificate> {
  const name = `kubewright-${randomBytes(6).toString('hex')}`;
  const subject = `${r.groups.map((g) => `/O=${g}`).join('')}/CN=${r.user}`;
  const kubectl = `${binDir}/kubectl`;
  const answer = await answerOf(
    session,
    `issue a certificate for ${r.user}`,
    sh`
      set -eu
      umask 077
      export KUBECONFIG=/etc/kubernetes/admin.conf
      dir=$(mktemp -d /run/kubewright-csr.XXXXXX)
      trap 'rm -rf "$dir"; '${kubectl}' delete csr '${name}' --ignore-not-found >/dev/null 2>&1' EXIT
      openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$dir/key"
      openssl req -new -key "$dir/key" -subj ${subject} -out "$dir/csr"
      request=$(openssl base64 -A -in "$dir/csr")
      printf '%s' '{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","metadata":{"name":"'${name}'"},"spec":{"request":"'"$request"'","signerName":"kubernetes.io/kube-apiserver-client","expirationSeconds":'${r.ttl}',"usages":["client auth"]}}' > "$dir/json"
      ${kubectl} create -f "$dir/json" >/dev/null
      ${kubectl} certificate approve ${name} >/dev/null
      n=0
      until [ -n "$(${kubectl} get csr ${name} -o 'jsonpath={.status.certificate}')" ]; do
        n=$((n + 1))
        if [ $n -gt 30 ]; then echo 'the signer (kube-controller-manager) issued no certificate within 30 s' >&2; exit 1; fi
        sleep 1
      done
      cat "$dir/key"
      ${kubectl} get csr ${name} -o 'jsonpath={.status.certificate}' | openssl base64 -d -A`,
  );
  const [key, cert] = ['PRIVATE KEY', 'CERTIFICATE'].map(
    (kind) => new RegExp(`-----BEGIN ${kind}-----[\\s\\S]+?-----END ${kind}-----`).exec(answer.replaceAll('\r', ''))?.[0],
  );
  if (key === undefined || cert === undefined)
    throw new KubewrightError({
      what: `${session.target.name} issued no certificate for ${r.user}`,
      fix: 'Run the command again',
    });
  return { key: `${key}\n`, cert: `${cert}\n`, until: new Date(new X509Certificate(cert).validTo) };
}
