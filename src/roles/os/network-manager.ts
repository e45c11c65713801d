import { sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { file } from '../../tasks/file.js';
import { NODE_STATE } from '../../tasks/paths.js';
import type { Task } from '../../tasks/task.js';
import { pluginOf } from '../network/plugins.js';
import type { RoleContext } from '../role.js';

/** The daemon's program, by which the probe knows that a host has it. */
export const NETWORK_MANAGER = 'NetworkManager';
const PATH = '/etc/NetworkManager/conf.d/kubewright.conf';
const LOADED = `${NODE_STATE}/network-manager`;

/**
 * Keeps NetworkManager away from the interfaces of pods, whose routes it would take away. Its configuration is read again; no
 * connection goes down. Source: https://docs.tigera.io/calico/latest/operations/troubleshoot/troubleshooting#configure-networkmanager
 */
export function networkManager(ctx: RoleContext): Task[] {
  const interfaces = [
    ...(pluginOf(ctx.cluster.settings).interfaces ?? []),
    ...(ctx.cluster.settings.kube_proxy_mode === 'ipvs' ? ['kube-ipvs0'] : []),
  ];
  if (!ctx.facts.tools.has(NETWORK_MANAGER) || interfaces.length === 0) return [];
  const content = `[keyfile]\nunmanaged-devices+=${interfaces.map((i) => `interface-name:${i}`).join(';')}\n`;
  return [
    file({ id: 'os/network-manager', title: "Keep NetworkManager away from the pods' interfaces", path: PATH, content }),
    command({
      id: 'os/network-manager-reload',
      title: 'Let NetworkManager read its configuration',
      check: sh`
        ! systemctl -q is-active NetworkManager.service || cmp -s ${PATH} ${LOADED}`,
      apply: sh`
        systemctl reload NetworkManager.service
        cp ${PATH} ${LOADED}`,
      reads: [PATH],
    }),
  ];
}
