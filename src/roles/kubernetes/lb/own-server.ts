import { type Shell, sh } from '../../../shell/shell.js';
import { kubectl } from '../../../tasks/manifest.js';
import type { RoleContext } from '../../role.js';

/** kubectl at the API server of this control plane itself, whatever load balancer its kubeconfig names. */
export function ownServer({ host: { settings, ip } }: RoleContext): Shell {
  return sh`${kubectl(settings.bin_dir)} --server ${`https://${ip}:${settings.kube_apiserver_port}`}`;
}
