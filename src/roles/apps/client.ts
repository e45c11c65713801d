import { sh } from '../../shell/shell.js';
import { command } from '../../tasks/command.js';
import { directories, file } from '../../tasks/file.js';
import type { Task } from '../../tasks/task.js';
import type { Role } from '../role.js';
import { clientShell, profileLines } from './client-shell.js';

const ADMIN = '/etc/kubernetes/admin.conf';
const COMPLETION = '/etc/bash_completion.d/kubectl';

/** kubectl for root on a control plane: kubeconfig, completion, and `k` that completes too. */
export const client: Role = {
  name: 'client',
  tasks(ctx) {
    const s = ctx.cluster.settings;
    const kubectl = `${ctx.host.settings.bin_dir}/kubectl`;
    const stampedBy = ctx.artifacts.file('kubectl').sha256;
    const tasks: Task[] = [
      directories({ id: 'client/directory', title: "Make root's .kube directory", paths: ['/root/.kube'], mode: '0700' }),
      command({
        id: 'client/kubeconfig',
        title: 'Give root the admin kubeconfig',
        check: sh`
          cmp -s ${ADMIN} /root/.kube/config
          [ "$(stat -c %a:%U /root/.kube/config)" = 600:root ]`,
        apply: sh`install -m 0600 -o root -g root ${ADMIN} /root/.kube/config`,
        reads: [ADMIN],
      }),
      command({
        id: 'client/completion',
        title: 'Install bash completion of kubectl',
        check: sh`grep -qxF ${`# kubectl ${stampedBy}`} ${COMPLETION}`,
        apply: sh`
          mkdir -p /etc/bash_completion.d
          { echo ${`# kubectl ${stampedBy}`}; ${kubectl} completion bash; } > ${`${COMPLETION}.kw-new`}
          mv -f ${`${COMPLETION}.kw-new`} ${COMPLETION}`,
      }),
      file({
        id: 'client/alias',
        title: 'Define k as a short kubectl that completes',
        path: '/etc/profile.d/kubewright.sh',
        content: `# Written by Kubewright.
alias k=kubectl
if [ -n "\${BASH_VERSION:-}" ] && [ -r ${COMPLETION} ]; then
  [ -r /usr/share/bash-completion/bash_completion ] && . /usr/share/bash-completion/bash_completion
  . ${COMPLETION}
  complete -o default -F __start_kubectl k
fi
${profileLines(ctx)}`,
      }),
      ...clientShell(ctx),
    ];
    if (s.kubeconfig_localhost && ctx.host === ctx.cluster.controlPlane[0]) {
      tasks.push(
        command({
          id: 'client/kubeconfig-export',
          title: 'Hand the admin kubeconfig to the operator',
          check: sh`[ -s ${ADMIN} ]`,
          apply: sh`exit 1`,
          exports: { 'admin-kubeconfig': sh`cat ${ADMIN}` },
          sensitive: true,
          readOnly: true,
        }),
      );
    }
    return tasks;
  },
};
