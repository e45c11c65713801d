import { controlPlaneEndpoint, usesLocalLoadBalancer } from '../../kubeadm/build.js';
import { sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { kubectl } from '../../tasks/manifest.js';
import { patiently } from '../../tasks/patiently.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';

/** What other tasks write and this one reads: kube-proxy's objects in the cluster. */
export const KUBE_PROXY = 'kube-system/kube-proxy';

/**
 * kube-proxy uses the API on localhost of its node, and its pods are replaced when its configuration changes: the hash of what
 * they were started with is in their template.
 */
export function kubeProxyEndpoint(ctx: RoleContext): Task {
  const s = ctx.cluster.settings;
  const k = sh`${kubectl(ctx.host.settings.bin_dir)} -n kube-system`;
  const url = usesLocalLoadBalancer(ctx.cluster)
    ? `https://127.0.0.1:${s.kube_apiserver_port}`
    : `https://${controlPlaneEndpoint(ctx.cluster)}`;
  const look = sh`
    data=$(${k} get configmap kube-proxy -o 'go-template={{index .data "kubeconfig.conf"}}{{index .data "config.conf"}}')
    hash=$(printf '%s' "$data" | sha256sum | cut -d ' ' -f 1)`;
  return command({
    id: 'control-plane/kube-proxy',
    title: 'Let kube-proxy use the API on localhost',
    check: sh`
      ${look}
      printf '%s\n' "$data" | grep -q ${`^ *server: ${url}$`}
      [ "$(${k} get daemonset kube-proxy -o 'jsonpath={.spec.template.metadata.annotations.kubewright/config}')" = "$hash" ]`,
    apply: sh`
      ${patiently(sh`${k} get configmap kube-proxy -o yaml | sed ${`s#^\\( *server: \\)https://.*#\\1${url}#`} | ${k} replace -f -`)}
      ${look}
      ${patiently(sh`${k} patch daemonset kube-proxy -p '{"spec":{"template":{"metadata":{"annotations":{"kubewright/config":"'"$hash"'"}}}}}'`)}`,
    reads: [KUBE_PROXY],
  });
}
