import {
  APISERVER_ETCD,
  certIsGood,
  ETCD_CA_DAYS,
  ETCD_CERT_DAYS,
  type EtcdCert,
  etcdCertHosts,
  etcdCerts,
} from '../../pki/etcd-certs.js';
import { rawShell, sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { directories } from '../../tasks/file.js';
import type { Task } from '../../tasks/task.js';
import { exportedText, type Role, type RoleContext } from '../role.js';
import { handOverCaKey, hasCa, signer } from './ca-key.js';

/**
 * kubeadm passes keys on only in their traditional form: PKCS #8 is "unknown data" to it (keyutil.ParsePublicKeysPEM). Those that it does not
 * see may have any: a member reads its files at each handshake, so another key would not fit its certificate until that is signed.
 */
const KEY_FORM = { kubeadm: '^-----BEGIN (EC|RSA) PRIVATE KEY-----', any: '^-----BEGIN ((EC|RSA) )?PRIVATE KEY-----' };

/** First half: every host makes its own keys, the signer the CA where there is none. Requests are exported where a certificate is missing. */
export const etcdCertsRole: Role = {
  name: 'etcd-certs',
  tasks(ctx) {
    const dir = ctx.host.settings.etcd_cert_dir;
    const certs = etcdCerts(ctx.cluster, ctx.host);
    const tasks: Task[] = [];
    if (ctx.host.etcd) {
      tasks.push(
        directories({
          id: 'etcd-certs/directory',
          title: "Make the directory of etcd's certificates",
          paths: [dir],
          mode: '0700',
        }),
      );
    }
    if (ctx.host.controlPlane) {
      tasks.push(
        directories({
          id: 'etcd-certs/pki-directory',
          title: "Make the directory of the control plane's certificates",
          paths: ['/etc/kubernetes', '/etc/kubernetes/pki', '/etc/kubernetes/pki/etcd'],
          // kubespray has its certificates in /etc/kubernetes/ssl.
          mayBeLinks: true,
        }),
      );
    }
    if (ctx.host === signer(ctx)) tasks.push(ca(dir, hasCa(ctx)), ...handOverCaKey(ctx));
    for (const cert of certs) tasks.push(key(ctx, cert));
    return tasks;
  },
};

/** Second half, on the signer only: signs what was requested. The names come from the settings, not from the request. */
export const etcdSign: Role = {
  name: 'etcd-sign',
  tasks(ctx) {
    if (ctx.host !== signer(ctx)) return [];
    const dir = ctx.host.settings.etcd_cert_dir;
    const holders = etcdCertHosts(ctx.cluster).filter((h) => !ctx.droppedOut.has(h.name));
    return holders.flatMap((holder) =>
      etcdCerts(ctx.cluster, holder).flatMap((cert) => {
        const csr = ctx.exported(holder.name, csrName(cert));
        // Check mode before the first installation: the key for the request does not exist yet.
        if (csr === undefined) return [requestMissing(holder.name, cert)];
        return typeof csr === 'string' && csr !== '' ? [sign(dir, holder.name, cert, csr.trimEnd())] : [];
      }),
    );
  },
};

/** Installs what was signed; for the roles whose hosts hold the certificates. */
export function certTasks(ctx: RoleContext, kinds: readonly EtcdCert['kind'][]): Task[] {
  const from = signer(ctx)?.name ?? '';
  const caPem = exportedText(ctx, from, 'etcd-ca');
  const caFile = kinds.includes('apiserver') ? APISERVER_ETCD.ca : `${ctx.host.settings.etcd_cert_dir}/ca.pem`;
  const prefix = kinds.includes('apiserver') ? 'control-plane' : 'etcd';
  // The signer's own file is the original.
  const original = ctx.host.name === from && !kinds.includes('apiserver');
  return [
    ...(original ? [] : [install(`${prefix}/etcd-ca`, "Install etcd's CA certificate", caFile, caPem, sh`[ -s ${caFile} ]`)]),
    ...etcdCerts(ctx.cluster, ctx.host)
      .filter((c) => kinds.includes(c.kind))
      .map((c) =>
        install(
          `${prefix}/cert-${c.kind}`,
          `Install the ${c.kind} certificate of etcd`,
          c.certFile,
          exportedText(ctx, from, certName(ctx.host.name, c)),
          certIsGood(c, caFile),
        ),
      ),
  ];
}

/** Without a text (nothing had to be signed) only the check counts: the file must be good as it is. */
function install(id: string, title: string, path: string, pem: string | undefined, good: ReturnType<typeof sh>): Task {
  return command({
    id,
    title,
    check:
      pem === undefined
        ? good
        : sh`
      printf '%s\n' ${pem} | cmp -s - ${path}
      [ "$(stat -c %a:%U ${path})" = 644:root ]`,
    apply:
      pem === undefined
        ? sh`echo 'The certificate on this machine is not good, and none was signed in this run' >&2; exit 1`
        : sh`
            umask 022
            printf '%s\n' ${pem} > ${`${path}.kw-new`}
            chmod 0644 ${`${path}.kw-new`}
            mv -f ${`${path}.kw-new`} ${path}`,
    writes: [path],
    hint: 'Run the same command again: a certificate that is missing or outdated is requested again',
  });
}

/** A CA that is used is never made again: every member and API server would refuse what a new one signs. */
function ca(dir: string, isUsed: boolean): Task {
  const keyFile = `${dir}/ca-key.pem`;
  const certFile = `${dir}/ca.pem`;
  return command({
    id: 'etcd-certs/ca',
    title: isUsed ? "Keep etcd's certificate authority" : "Make etcd's certificate authority",
    check: sh`
      [ -s ${keyFile} ]
      [ "$(stat -c %a:%U ${keyFile})" = 600:root ]
      openssl x509 -checkend 2592000 -noout -in ${certFile} >/dev/null
      [ "$(openssl x509 -pubkey -noout -in ${certFile})" = "$(openssl pkey -pubout -in ${keyFile})" ]`,
    apply: isUsed
      ? sh`
          if [ -s ${keyFile} ]; then chown root:root ${keyFile}; chmod 0600 ${keyFile}; fi
          echo ${`${certFile} and ca-key.pem do not fit each other, or end soon, and members or API servers use this authority`} >&2`
      : sh`
      umask 077
      [ -s ${keyFile} ] || { openssl ecparam -genkey -name prime256v1 -noout -out ${`${keyFile}.new`}; mv ${`${keyFile}.new`} ${keyFile}; }
      chmod 0600 ${keyFile}
      openssl req -x509 -new -key ${keyFile} -sha256 -days ${ETCD_CA_DAYS} -subj /CN=etcd-ca -addext 'keyUsage=critical,keyCertSign,cRLSign' -out ${`${certFile}.new`}
      chmod 0644 ${`${certFile}.new`}
      mv ${`${certFile}.new`} ${certFile}`,
    hint: 'Put back ca.pem and ca-key.pem of the same authority, from another etcd host or a backup',
    exports: { 'etcd-ca': sh`cat ${certFile}` },
    writes: [certFile],
  });
}

function key(ctx: RoleContext, cert: EtcdCert): Task {
  const caFile = cert.kind === 'apiserver' ? APISERVER_ETCD.ca : `${ctx.host.settings.etcd_cert_dir}/ca.pem`;
  const form = cert.kind === 'apiserver' ? KEY_FORM.kubeadm : KEY_FORM.any;
  return command({
    id: `etcd-certs/key-${cert.kind}`,
    title: `Make the ${cert.kind} key of etcd`,
    check: sh`
      grep -qE ${form} ${cert.keyFile}
      [ "$(stat -c %a:%U ${cert.keyFile})" = 600:root ]`,
    apply: sh`
      umask 077
      if ! grep -qsE ${form} ${cert.keyFile}; then
        openssl ecparam -genkey -name prime256v1 -noout -out ${`${cert.keyFile}.new`}
        mv ${`${cert.keyFile}.new`} ${cert.keyFile}
      fi
      chown root:root ${cert.keyFile}
      chmod 0600 ${cert.keyFile}`,
    exports: {
      [csrName(cert)]: sh`
        good() {
        ${certIsGood(cert, caFile)}
        }
        set +e
        ( set -eu; good ) >/dev/null 2>&1; rc=$?
        set -e
        [ $rc -eq 0 ] || openssl req -new -key ${cert.keyFile} -subj ${`/CN=${cert.commonName}`}`,
    },
  });
}

function sign(dir: string, holder: string, cert: EtcdCert, csr: string): Task {
  const issued = `${dir}/issued/${holder}-${cert.kind}.pem`;
  const san = cert.sans.length > 0 ? `subjectAltName=${cert.sans.join(',')}\n` : '';
  const ext = `basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=${cert.usages}\n${san}`;
  const request = sh`printf '%s\n' ${csr}`;
  return command({
    ...signing(holder, cert),
    check: sh`
      [ "$(openssl x509 -pubkey -noout -in ${issued})" = "$(${request} | openssl req -noout -pubkey)" ]
      [ "$(cat ${`${issued}.ext`})" = ${ext.trimEnd()} ]
      openssl verify -CAfile ${`${dir}/ca.pem`} ${issued} >/dev/null
      openssl x509 -checkend 2592000 -noout -in ${issued} >/dev/null`,
    apply: signScript(dir, issued, ext, request),
    exports: { [certName(holder, cert)]: sh`cat ${issued}` },
  });
}

function requestMissing(holder: string, cert: EtcdCert): Task {
  return command({
    ...signing(holder, cert),
    check: sh`false`,
    exports: { [certName(holder, cert)]: sh`false` },
    apply: sh`echo ${`${holder} has not asked for its ${cert.kind} certificate in this run`} >&2; exit 1`,
    hint: 'Run again without --tags and --start-at: the play before this one makes the request',
  });
}

function signing(holder: string, cert: EtcdCert): Pick<Task, 'id' | 'title' | 'forOthers'> {
  const id = `etcd-sign/${holder}-${cert.kind}`;
  return { id, title: `Sign the ${cert.kind} certificate of ${holder}`, forOthers: true };
}

function signScript(dir: string, issued: string, ext: string, request: ReturnType<typeof sh>): ReturnType<typeof sh> {
  return sh`
    umask 077
    mkdir -p ${`${dir}/issued`}
    tmp=$(mktemp -d)
    trap 'rm -rf "$tmp"' EXIT
    ${request} > "$tmp/csr"
    printf '%s' ${ext} > "$tmp/ext"
    openssl x509 -req -in "$tmp/csr" -CA ${`${dir}/ca.pem`} -CAkey ${`${dir}/ca-key.pem`} -set_serial 0x"$(openssl rand -hex 16)" -sha256 -days ${ETCD_CERT_DAYS} -extfile "$tmp/ext" -out "$tmp/cert" ${rawShell('2>/dev/null')}
    cp "$tmp/ext" ${`${issued}.ext`}
    mv "$tmp/cert" ${issued}`;
}

const csrName = (cert: EtcdCert): string => `etcd-csr-${cert.kind}`;
const certName = (host: string, cert: EtcdCert): string => `etcd-cert-${host}-${cert.kind}`;
