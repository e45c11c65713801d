import { certsRenew } from '../../../roles/day-two/certs/renew.js';
import { etcdSign } from '../../../roles/etcd/etcd-certs.js';
import { saveAdminKubeconfig } from '../../run/provision.js';
import { type OperationOptions, runOperation } from '../operation.js';

/** `certs renew`: every certificate of every host but the CAs. @returns exit code */
export async function certsRenewCommand(o: OperationOptions): Promise<number> {
  return runOperation(o, {
    title: 'certs renew',
    playbook: 'certs-renew.yml',
    // A copy: a run with roles of the installation is compared with the inventory, and nothing here depends on that.
    roles: [...certsRenew, { ...etcdSign }],
    finish: async ({ source, result }) => {
      if (result.exitCode !== 0) return;
      await saveAdminKubeconfig(source, result);
      process.stderr.write(
        'Kubeconfigs that were copied from admin.conf before hold the old certificate, which still ends on its old date: copy /etc/kubernetes/admin.conf again to wherever you keep one.\n',
      );
    },
  });
}
