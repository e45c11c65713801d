import { isIpv4 } from '../../base/net/ipv4.js';
import { apiServerNames } from '../../kubeadm/build.js';
import { type Shell, sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';
import { kubeadmOf } from './kubeadm-command.js';

const PKI = '/etc/kubernetes/pki';

/**
 * The API server's certificate has the names and addresses that the settings ask for. kubeadm makes it with the cluster and then
 * leaves it alone, so one that lacks a name is made again, beside the old one. The API server reads its files again: it does not
 * restart. Control planes have their turns one after the other, each with its API server ready before the next.
 *
 * @param config path of kubeadm's configuration on the host.
 */
export function apiServerCertificate(ctx: RoleContext, config: string): Task {
  const kubeadm = kubeadmOf(ctx.host);
  return command({
    id: 'control-plane/certificate',
    title: 'Issue the certificate of the API server with all its names',
    check: hasNames(`${PKI}/apiserver.crt`, apiServerNames(ctx.cluster)),
    apply: sh`
      umask 077
      tmp=$(mktemp -d /etc/kubernetes/kw-certificate-XXXXXX)
      trap 'rm -rf "$tmp"' EXIT
      cp ${PKI}/ca.crt ${PKI}/ca.key "$tmp"
      sed "s#^certificatesDir: .*#certificatesDir: $tmp#" ${config} > "$tmp/config.yaml"
      ${kubeadm} init phase certs apiserver --config "$tmp/config.yaml"
      chmod 0644 "$tmp/apiserver.crt"
      # The API server takes a pair only when both fit; until then it keeps the old one.
      mv -f "$tmp/apiserver.key" ${PKI}/apiserver.key
      mv -f "$tmp/apiserver.crt" ${PKI}/apiserver.crt`,
    doneBy: ['control-plane/init', 'node/join'],
    writes: [`${PKI}/apiserver.crt`],
    hint: 'Is ca.key in /etc/kubernetes/pki? With an external CA, issue apiserver.crt with these names by hand',
  });
}

/** Succeeds when the certificate has every one of these names; it may have more. */
function hasNames(path: string, names: readonly string[]): Shell {
  const wanted = names.map((name) => `${isIpv4(name) ? 'IP' : 'DNS'}:${name}`);
  return sh`
    names=,$(openssl x509 -noout -ext subjectAltName -in ${path} | sed -n '/DNS:\\|IP/{s/ //g;s/IPAddress:/IP:/g;p;}' | tr -d '\n'),
    for n in ${wanted}; do
      case $names in *",$n,"*) ;; *) exit 1 ;; esac
    done`;
}
