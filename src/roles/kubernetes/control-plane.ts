import { dirname } from 'node:path';
import { KUBEADM_SETTINGS } from '../../facts/living/probe-living.js';
import { handOverConfig, initConfig } from '../../kubeadm/build.js';
import { Secret } from '../../shell/secret.js';
import { sh } from '../../shell/shell.js';
import { command, waitFor } from '../../tasks/command.js';
import { file, sha256 } from '../../tasks/file.js';
import { kubectl } from '../../tasks/manifest.js';
import { NODE_STATE } from '../../tasks/paths.js';
import type { Task } from '../../tasks/task.js';
import { certTasks } from '../etcd/etcd-certs.js';
import { isNode, type Role, type RoleContext } from '../role.js';
import { runtimeOf } from '../runtime/runtimes.js';
import { hostWhy } from '../why.js';
import { apiServerCertificate } from './apiserver-cert.js';
import { certsTimer } from './certs/renewal-timer.js';
import { announceSettings, applySettings, isAlone } from './control-plane-settings.js';
import { INITIALISED, join, repeatable, withConfig } from './join.js';
import { kubeProxyEndpoint } from './kube-proxy.js';
import { DNS_PENDING, KUBEADM_CONFIG, kubeadmOf } from './kubeadm-command.js';
import { joinSecrets, kubeadmHost } from './kubeadm-host.js';
import { joinedNode, KUBELET_FILES, kubeletStamp, MANIFESTS } from './kubelet.js';
import { ownServer } from './lb/own-server.js';

/** An interrupted init of ours is repeated: every phase of kubeadm can be. */
const STARTED = `${NODE_STATE}/kubeadm/init-started`;
const PULLED = `${NODE_STATE}/kubeadm/images-pulled`;

/**
 * kubeadm init on the first control plane, join on the others, with external etcd.
 * Source: https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/high-availability/
 */
export const controlPlane: Role = {
  name: 'control-plane',
  tasks(ctx) {
    const first = ctx.host === ctx.cluster.controlPlane[0];
    const config = initConfig(kubeadmHost(ctx));
    return [
      ...certTasks(ctx, ['apiserver']),
      file({
        id: 'control-plane/config',
        title: "Write kubeadm's configuration",
        path: KUBEADM_CONFIG,
        content: config,
        mode: '0600',
      }),
      ...(ctx.artifacts.offline ? [] : [pull(ctx, config)]),
      ...(first ? [init(ctx, config)] : join(ctx, sh`echo ${sha256(config)} > ${KUBEADM_SETTINGS}`)),
      isAlone(ctx) ? announceSettings(ctx, config, KUBEADM_CONFIG) : applySettings(ctx, config, KUBEADM_CONFIG),
      apiServerCertificate(ctx, KUBEADM_CONFIG),
      ...joinedNode(ctx),
      ready(ctx),
      ...certsTimer(ctx),
      ...(first ? [caHash(), kubeProxyEndpoint(ctx), ...handOver(ctx)] : []),
    ];
  },
};

/** The only API server of a cluster that gets others takes its new settings when they have joined. */
export const controlPlaneAfter: Role = {
  name: 'control-plane-after',
  tasks(ctx) {
    const [first, ...others] = ctx.cluster.controlPlane;
    if (ctx.host !== first || !isAlone(ctx)) return [];
    // None has joined: it would be away for nothing. The next run does it.
    if (others.every((h) => ctx.droppedOut.has(h.name))) return [];
    return [applySettings(ctx, initConfig(kubeadmHost(ctx)), KUBEADM_CONFIG, true), ready(ctx)];
  },
};

/** kubeadm would pull them by itself, within the time that an init or a join may take: too little on a slow line. */
function pull({ host }: RoleContext, config: string): Task {
  return command({
    id: 'control-plane/images',
    title: "Pull the control plane's images",
    check: sh`[ -s /etc/kubernetes/admin.conf ] || [ "$(cat ${PULLED})" = ${sha256(config)} ]`,
    apply: sh`
      ${kubeadmOf(host)} config images pull --config ${KUBEADM_CONFIG}
      mkdir -p ${dirname(PULLED)}
      echo ${sha256(config)} > ${PULLED}`,
    timeoutSec: 3600,
    hint: 'Can the host reach the registry? kube_image_repo and containerd_registries_mirrors name another one, http_proxy a proxy',
  });
}

function init(ctx: RoleContext, config: string): Task {
  const { cluster, host } = ctx;
  const yaml = handOverConfig(kubeadmHost(ctx), joinSecrets(ctx));
  // The role cluster-dns installs it.
  const skipped = [...(ctx.artifacts.offline ? ['preflight'] : []), 'addon/coredns'];
  const skip = sh`--skip-phases=${skipped.join(',')}`;
  const kubeadm = kubeadmOf(host);
  return command({
    id: 'control-plane/init',
    title: 'Initialise the cluster',
    check: sh`
      [ -s /etc/kubernetes/admin.conf ]
      [ -s ${`${MANIFESTS}/kube-apiserver.yaml`} ]
      # A cluster that another tool has made is taken over as it is.
      [ -e ${INITIALISED} ] || [ ! -e ${STARTED} ]`,
    apply: sh`
      # It is not initialised again, whatever is missing on this host.
      if [ ! -e ${STARTED} ] && [ -s /etc/kubernetes/admin.conf ] && ${kubectl(host.settings.bin_dir)} -n kube-system get configmap kubeadm-config >/dev/null 2>&1; then
        touch ${INITIALISED}
        exit 0
      fi
      ${cluster.settings.dns_mode === 'none' ? sh`:` : sh`touch ${DNS_PENDING}`}
      ${withConfig(
        new Secret('kubeadm-init', yaml),
        repeatable(
          ctx,
          STARTED,
          sh`${kubeadm} init --config "$config" --upload-certs --skip-token-print --skip-certificate-key-print ${skip}`,
        ),
      )}
      ${handedOver(ctx)}
      ${kubeletStamp(ctx)}
      echo ${sha256(config)} > ${KUBEADM_SETTINGS}
      touch ${INITIALISED}`,
    timeoutSec: cluster.settings.kubeadm_init_timeout + 60,
    writes: KUBELET_FILES,
    hint: `\`journalctl -u kubelet\` and \`${runtimeOf(host.settings).listCommand}\` on the host say what keeps the control plane from starting; repair it and run again`,
    why: hostWhy(),
  });
}

function ready(ctx: RoleContext): Task {
  return waitFor({
    id: 'control-plane/ready',
    title: 'Wait until the API server is ready',
    until: sh`${ownServer(ctx)} --request-timeout=5s get --raw /readyz 2>&1`,
    timeoutSec: 240,
    hint: '`journalctl -u kubelet` on the host, and the logs under /var/log/pods/kube-system_kube-apiserver-*',
    why: hostWhy(),
  });
}

/** Source: https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-join/#token-based-discovery-with-ca-pinning */
function caHash(): Task {
  return command({
    id: 'control-plane/ca-hash',
    title: "Look up the hash of the cluster's CA",
    check: sh`[ -s /etc/kubernetes/pki/ca.crt ]`,
    apply: sh`echo 'there is no /etc/kubernetes/pki/ca.crt' >&2; exit 1`,
    readOnly: true,
    hint: 'Bring up the first control plane first: run without --limit',
    exports: {
      'ca-hash': sh`
        printf sha256:
        openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum | cut -d ' ' -f 1`,
    },
  });
}

/** A token and the encrypted certificates, only while a host of the inventory is not a node yet. */
function handOver(ctx: RoleContext): Task[] {
  const { cluster, host } = ctx;
  const missing = cluster.hosts.some((h) => h !== host && isNode(h) && ctx.allFacts.get(h.name)?.isNode === false);
  if (!missing) return [];
  const yaml = handOverConfig(kubeadmHost(ctx), joinSecrets(ctx));
  const kubeadm = kubeadmOf(host);
  return [
    command({
      id: 'control-plane/hand-over',
      title: 'Make a token and upload the certificates for the machines that join',
      check: sh`[ "$(cat /run/kubewright-handed-over)" = ${stamp(ctx)} ]`,
      apply: sh`
        ${withConfig(
          new Secret('kubeadm-hand-over', yaml),
          sh`
            ${kubeadm} token create --config "$config" >/dev/null
            ${kubeadm} init phase upload-certs --upload-certs --config "$config" --skip-certificate-key-print >/dev/null`,
        )}
        ${handedOver(ctx)}`,
      exports: { 'handed-over': sh`echo yes` },
      forOthers: true,
      doneBy: ['control-plane/init'],
    }),
  ];
}

/** In /run: made again after a reboot, and in the next run, which has its own token. */
function handedOver(ctx: RoleContext): ReturnType<typeof sh> {
  return sh`echo ${stamp(ctx)} > /run/kubewright-handed-over`;
}

/** Identifies the run's token without revealing it. */
function stamp(ctx: RoleContext): string {
  return sha256(`${ctx.secrets.joinToken.reveal()} ${ctx.secrets.certificateKey.reveal()}`);
}
