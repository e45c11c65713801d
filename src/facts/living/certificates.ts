import { X509Certificate } from 'node:crypto';
import { type Shell, sh } from '../../shell/shell.js';
import type { CertificateFact } from './living-facts.js';

/**
 * Prints `cert<TAB>PATH<SPACE>BASE64` for each certificate of a cluster on this host: the first one of a file, or the client's inside
 * a kubeconfig. One program reads them all, and the controller takes them apart: a start of openssl for each would cost more than all
 * else that is asked. Keys that lie in the same file stay there. A file without a certificate is printed without one.
 */
export function certificateProbe(etcdCertDir: string): Shell {
  return sh`
    certificates() {
      set --
      for f in /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt ${etcdCertDir}/*.pem \
        /var/lib/kubelet/pki/kubelet-client-current.pem /var/lib/kubelet/pki/kubelet-server-current.pem /var/lib/kubelet/pki/kubelet.crt \
        /etc/kubernetes/*.conf; do
        case $f in *-key.pem) continue ;; esac
        [ ! -s "$f" ] || set -- "$@" "$f"
      done
      [ $# -eq 0 ] || read_certificates "$@"
    }
    ${readCertificates()}`;
}

/** The shell function `read_certificates FILE…`. */
export function readCertificates(): Shell {
  return sh`
    read_certificates() {
      awk '
        FNR == 1 { inside = 0 }
        FILENAME in done { next }
        /-BEGIN CERTIFICATE-/ { inside = 1; text = ""; next }
        /-END CERTIFICATE-/ { if (inside) { print "cert\\t" FILENAME " " text; done[FILENAME] = 1 }; inside = 0; next }
        inside { gsub(/[ \\t\\r]/, ""); text = text $0 }
        $1 == "client-certificate-data:" { print "cert\\t" FILENAME " " $2; done[FILENAME] = 1 }
        END { for (i = 1; i < ARGC; i++) if (!(ARGV[i] in done) && ARGV[i] !~ /[.]conf$/) print "cert\\t" ARGV[i] " " }' "$@"
    }`;
}

/** Takes a line apart. A kubeconfig has the text of a file, once more in base64. */
export function certificateFact(line: string): CertificateFact {
  const [path = '', text = ''] = line.split(' ');
  const found = certificate(Buffer.from(text, 'base64'));
  if (!found) return { path, endsAt: Number.NaN, subject: '' };
  const names = found.subjectAltName?.replaceAll('IP Address:', 'IP:').split(', ') ?? [];
  return {
    path,
    endsAt: Date.parse(found.validTo),
    subject: nameOf(found.subject),
    ...(path.endsWith('/apiserver.crt') && names.length > 0 ? { sans: names } : {}),
  };
}

/** SHA-256, hexadecimal, of a certificate in base64; undefined where it is not one. */
export function fingerprintOf(text: string): string | undefined {
  return certificate(Buffer.from(text, 'base64'))?.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Whether a public key (SubjectPublicKeyInfo, DER, base64) is the one of a certificate in base64. */
export function holdsKey(text: string, key: string): boolean {
  const own = certificate(Buffer.from(text, 'base64'))?.publicKey.export({ type: 'spki', format: 'der' });
  return own?.equals(Buffer.from(key, 'base64')) ?? false;
}

function certificate(bytes: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    return undefined;
  }
}

/** Node's `O=system:masters\nCN=kubernetes-admin` as openssl and RFC 2253 write it, the last part first. */
function nameOf(subject: string | undefined): string {
  return (subject ?? '').split('\n').toReversed().join(',');
}
