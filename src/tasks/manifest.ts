import { type Shell, sh } from '../shell/shell.js';
import { patiently } from './patiently.js';
import type { Task } from './task.js';

export interface ManifestOptions {
  readonly id: string;
  readonly title: string;
  /** kubectl with its kubeconfig, from `kubectl()`. */
  readonly kubectl: Shell;
  /** YAML or JSON, one or more documents. */
  readonly content: string;
  readonly timeoutSec?: number;
}

/** Objects in the cluster, applied by kubectl; those that are equal are left alone. */
export function manifest(o: ManifestOptions): Task {
  const emit = sh`printf '%s' ${o.content}`;
  return {
    id: o.id,
    title: o.title,
    check: sh`${emit} | ${o.kubectl} diff -f - >/dev/null`,
    apply: patiently(sh`${emit} | ${o.kubectl} apply -f -`),
    diff: sh`${emit} | ${o.kubectl} diff -f - || [ $? -eq 1 ]`,
    timeoutSec: o.timeoutSec ?? 120,
    hint: 'Does the API server answer? `kubectl get --raw /readyz?verbose` on a control plane says what is missing',
  };
}

/** kubectl on a node, by default with the administrator's kubeconfig. */
export function kubectl(binDir: string, kubeconfig = '/etc/kubernetes/admin.conf'): Shell {
  return sh`${`${binDir}/kubectl`} --kubeconfig ${kubeconfig}`;
}
