import { type EtcdCert, etcdCertHosts, etcdCerts } from '../../../pki/etcd-certs.js';
import { type Shell, sh } from '../../../shell/shell.js';
import { action } from '../../../tasks/action.js';
import { command, waitFor } from '../../../tasks/command.js';
import { kubectl } from '../../../tasks/manifest.js';
import { NODE_STATE } from '../../../tasks/paths.js';
import type { Task } from '../../../tasks/task.js';
import { certTasks } from '../../etcd/etcd-certs.js';
import { COMPONENTS_ANSWER, FORGET_BACK_OFF } from '../../kubernetes/certs/components.js';
import { isNode, type Role, type RoleContext } from '../../role.js';

/** Days that a certificate of a year has at least after it was made again: how a run that was cut off knows what is done. */
const FRESH_DAYS = 360;
const KUBELET_CERT = '/var/lib/kubelet/pki/kubelet.crt';

/**
 * Certificates made again without downtime. API servers and etcd read their files at each handshake; the controller manager and
 * the scheduler hold theirs in a kubeconfig and are restarted, one control plane after the other.
 * Source: https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs/
 */
export const certsRenew: readonly Role[] = [
  { name: 'certs-renew-kubeadm', tasks: renewKubeadm },
  { name: 'certs-renew-etcd-request', tasks: requestEtcd },
  { name: 'certs-renew-etcd-forget', tasks: forgetIssued },
  { name: 'certs-renew-etcd-install', tasks: installEtcd },
  { name: 'certs-renew-kubelet', tasks: renewKubelet },
];

function renewKubeadm(ctx: RoleContext): readonly Task[] {
  if (!ctx.host.controlPlane) return [];
  const bin = ctx.host.settings.bin_dir;
  const ready = sh`${kubectl(bin)} --request-timeout=5s get --raw /readyz 2>&1`;
  return [
    waitFor({
      id: 'certs-renew/ready-before',
      title: 'Wait until the API server is ready',
      until: ready,
      timeoutSec: 180,
      hint: 'Repair this control plane first. If its certificates have ended, run `kubeadm certs renew all` on it, then restart its control plane',
    }),
    command({
      id: 'certs-renew/kubeadm',
      title: "Renew kubeadm's certificates and those in its kubeconfigs",
      // admin.conf is the last one that kubeadm renews but super-admin.conf, which only the first control plane has.
      check: sh`
        fresh() { openssl x509 -checkend ${FRESH_DAYS * 86400} -noout >/dev/null 2>&1; }
        for f in apiserver apiserver-kubelet-client front-proxy-client; do fresh < /etc/kubernetes/pki/"$f.crt"; done
        for f in admin controller-manager scheduler super-admin; do
          [ -s /etc/kubernetes/"$f.conf" ] || continue
          sed -n 's/^ *client-certificate-data: *//p' /etc/kubernetes/"$f.conf" | base64 -d | fresh
        done
        [ -e ${`${NODE_STATE}/certs-restarted`} ]
        [ ${`${NODE_STATE}/certs-restarted`} -nt /etc/kubernetes/scheduler.conf ]`,
      apply: sh`
        ${`${bin}/kubeadm`} certs renew all
        ids=$(${`${bin}/crictl`} ps -q --name '^kube-(controller-manager|scheduler)$')
        [ -z "$ids" ] || ${`${bin}/crictl`} stop -t 15 $ids
        mkdir -p ${NODE_STATE}
        touch ${`${NODE_STATE}/certs-restarted`}
        ${COMPONENTS_ANSWER}
        ${FORGET_BACK_OFF}`,
      timeoutSec: 180,
      hint: 'Nothing is away: the old certificates are valid until they end. Repair and run the same command again',
    }),
    waitFor({
      id: 'certs-renew/components',
      title: 'Wait until the controller manager and the scheduler run again',
      until: sh`
        ${COMPONENTS_ANSWER}
        components_answer || { echo "one of them does not answer on port $p"; exit 1; }
        ${ready}`,
      timeoutSec: 180,
      hint: '`journalctl -u kubelet` on the host says why',
    }),
    command({
      id: 'certs-renew/served',
      title: 'Compare the certificate that the API server shows with its file',
      check: sh`
        [ "$(openssl s_client -connect 127.0.0.1:${ctx.cluster.settings.kube_apiserver_port} </dev/null 2>/dev/null | openssl x509 -noout -serial)" = "$(openssl x509 -noout -serial -in /etc/kubernetes/pki/apiserver.crt)" ]`,
      apply: sh`echo 'The API server still shows its old certificate' >&2; exit 1`,
      readOnly: true,
      hint: 'Restart it: `crictl stop -t 5` with the id of kube-apiserver, on one control plane after the other',
    }),
    command({
      id: 'certs-renew/root-kubeconfig',
      title: 'Give root the new admin kubeconfig',
      check: sh`[ ! -e /root/.kube/config ] || cmp -s /etc/kubernetes/admin.conf /root/.kube/config`,
      apply: sh`install -m 0600 -o root -g root /etc/kubernetes/admin.conf /root/.kube/config`,
    }),
    ...(ctx.cluster.settings.kubeconfig_localhost && ctx.host === ctx.cluster.controlPlane[0]
      ? [
          command({
            id: 'certs-renew/kubeconfig-export',
            title: 'Hand the admin kubeconfig to the operator',
            check: sh`[ -s /etc/kubernetes/admin.conf ]`,
            apply: sh`exit 1`,
            exports: { 'admin-kubeconfig': sh`cat /etc/kubernetes/admin.conf` },
            sensitive: true,
            readOnly: true,
          }),
        ]
      : []),
  ];
}

/** What the role `etcd-sign` signs: requests for certificates that are still good, with the keys that are there. */
function requestEtcd(ctx: RoleContext): readonly Task[] {
  return etcdCerts(ctx.cluster, ctx.host).map((cert) =>
    action({
      id: `certs-renew/request-${cert.kind}`,
      title: `Ask for a new ${cert.kind} certificate of etcd`,
      apply: sh`[ -s ${cert.keyFile} ]`,
      exports: { [`etcd-csr-${cert.kind}`]: sh`openssl req -new -key ${cert.keyFile} -subj ${`/CN=${cert.commonName}`}` },
      readOnly: true,
      hint: 'The key of this certificate is missing: provision makes it again',
    }),
  );
}

/** On the host that signs: what it has issued is still good, and would be handed out again. */
function forgetIssued(ctx: RoleContext): readonly Task[] {
  const dir = `${ctx.host.settings.etcd_cert_dir}/issued`;
  const issued = etcdCertHosts(ctx.cluster).flatMap((h) =>
    etcdCerts(ctx.cluster, h).map((c) => `${dir}/${h.name}-${c.kind}.pem`),
  );
  return [
    action({
      id: 'certs-renew/forget-issued',
      title: 'Forget what was issued, so that it is signed again',
      apply: sh`rm -f ${issued}`,
    }),
  ];
}

/** The certificate changes under the running process, which takes it at the next handshake; so provision must not restart it for that. */
function installEtcd(ctx: RoleContext): readonly Task[] {
  const install = [
    ...(ctx.host.etcd ? certTasks(ctx, ['member', 'admin']) : []),
    ...(ctx.host.controlPlane ? certTasks(ctx, ['apiserver']) : []),
  ];
  if (!ctx.host.etcd) return install;
  const [member] = etcdCerts(ctx.cluster, ctx.host);
  return [...install.map((task) => keepingStamp(ctx, task)), ...(member ? [served(member)] : [])];
}

/** The note of what etcd was started with (`service`) follows, if it was right before. */
function keepingStamp(ctx: RoleContext, task: Task): Task {
  const dir = ctx.host.settings.etcd_cert_dir;
  const stamp = `${NODE_STATE}/started/etcd.service`;
  const hash: Shell = sh`cat -- /etc/systemd/system/etcd.service /etc/etcd.env ${`${dir}/ca.pem`} ${`${dir}/member-${ctx.host.name}.pem`} 2>/dev/null | sha256sum`;
  return {
    ...task,
    apply: sh`
      known=no
      [ "$(cat ${stamp} 2>/dev/null)" != "$(${hash})" ] || known=yes
      ( ${task.apply} )
      [ $known = no ] || ${hash} > ${stamp}`,
  };
}

function served(member: EtcdCert): Task {
  return command({
    id: 'certs-renew/etcd-served',
    title: 'Compare the certificate that etcd shows with its file',
    check: sh`
      [ "$(openssl s_client -connect 127.0.0.1:2379 </dev/null 2>/dev/null | openssl x509 -noout -serial)" = "$(openssl x509 -noout -serial -in ${member.certFile})" ]`,
    apply: sh`echo 'etcd still shows its old certificate' >&2; exit 1`,
    readOnly: true,
    hint: 'Restart etcd on one member after the other: systemctl restart etcd',
  });
}

/** The kubelet makes its own when it starts and finds none. Pods run on. */
function renewKubelet(ctx: RoleContext): readonly Task[] {
  if (!isNode(ctx.host)) return [];
  return [
    command({
      id: 'certs-renew/kubelet-server',
      title: "Renew the kubelet's server certificate",
      check: sh`
        if [ -s ${KUBELET_CERT} ]; then openssl x509 -checkend ${FRESH_DAYS * 86400} -noout -in ${KUBELET_CERT} >/dev/null; fi`,
      apply: sh`
        mkdir -p ${`${NODE_STATE}/kubelet-pki`}
        chmod 0700 ${`${NODE_STATE}/kubelet-pki`}
        mv -f ${KUBELET_CERT} /var/lib/kubelet/pki/kubelet.key ${`${NODE_STATE}/kubelet-pki/`}
        systemctl restart kubelet.service
        n=0
        until [ -s ${KUBELET_CERT} ] && curl -ksSf --max-time 2 http://127.0.0.1:10248/healthz >/dev/null 2>&1; do
          n=$((n + 1))
          [ $n -lt 60 ] || exit 1
          sleep 1
        done
        rm -rf ${`${NODE_STATE}/kubelet-pki`}`,
      timeoutSec: 120,
      hint: `\`journalctl -u kubelet\` says why; the old files are in ${NODE_STATE}/kubelet-pki`,
    }),
  ];
}
