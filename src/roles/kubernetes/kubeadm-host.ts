import type { JoinSecrets, KubeadmHost } from '../../kubeadm/build.js';
import type { RoleContext } from '../role.js';
import { runtimeOf } from '../runtime/runtimes.js';

/** The context's host, as kubeadm's configuration needs it. */
export function kubeadmHost({ cluster, host }: RoleContext): KubeadmHost {
  return { cluster, host, criSocket: runtimeOf(host.settings).socket };
}

/** The run's secrets in the clear: what is made with them must be a `Secret` again. */
export function joinSecrets({ secrets }: RoleContext): JoinSecrets {
  return { token: secrets.joinToken.reveal(), certificateKey: secrets.certificateKey.reveal() };
}
