import { writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { hideFromGit, makeFolder } from '../../base/files.js';
import { toolName } from '../../base/text/tool-name.js';
import { quote, sh } from '../../shell/shell.js';
import type { Session } from '../../transport/types.js';
import { contextName, parseAdmin } from '../access/access.js';
import { answerOf } from '../access/answer.js';
import { kubeconfigText } from '../access/merge.js';
import { candidates, endpointOf, tryEndpoint } from '../access/reach.js';
import { canAsk } from '../connect/questions.js';
import type { ClusterSource } from '../inventory/read-cluster.js';

/** Between the two answers of one program. */
const SEPARATOR = '--- admin.conf';

/**
 * What a user wants to know after an installation: the nodes, where the API is, and the next commands. The admin's kubeconfig is
 * fetched to .kubewright/kubeconfig, for its owner alone.
 *
 * @param session of a control plane.
 * @throws KubewrightError if the cluster does not answer.
 */
export async function endOfRun(
  source: ClusterSource,
  session: Session,
  o: { readonly inventory: readonly string[]; readonly askPass?: boolean; readonly signal?: AbortSignal },
): Promise<string> {
  const kubectl = `${source.cluster.settings.bin_dir}/kubectl`;
  const answer = await answerOf(
    session,
    'list the nodes',
    sh`
      set -e
      ${kubectl} --kubeconfig /etc/kubernetes/admin.conf --request-timeout 20s get nodes
      echo ${SEPARATOR}
      cat /etc/kubernetes/admin.conf`,
    o.signal,
  );
  const [nodes = '', admin = ''] = answer.split(`${SEPARATOR}\n`);
  const access = parseAdmin(admin);
  const name = contextName(undefined, source);
  const found = await firstReachable(source, access.ca);
  const file = save(name, kubeconfigText({ ...access, ...(found ?? endpointOf(source.cluster)), name, user: `${name}-admin` }));
  const { server } = found ?? endpointOf(source.cluster);
  const inventory = o.inventory.map((path) => `-i ${quote(path)}`).join(' ');
  const merge = `${toolName()} kubeconfig ${inventory} --merge`;
  const next = found
    ? [`export KUBECONFIG=${quote(file)}`, 'kubectl get pods -A', `${merge}    # a context in ~/.kube/config`]
    : [`${merge} --tunnel    # the API cannot be reached from here: through SSH, until Ctrl-C`];
  // On a terminal it is offered.
  if (o.askPass && !canAsk())
    next.push(`${toolName()} keys distribute ${inventory} --ask-pass --no-mesh    # your key: later runs need no password`);
  return `
NODES
${nodes.trimEnd()}

Kubernetes ${source.cluster.settings.kube_version} at ${server}
Kubeconfig: ${file}

Next:
${next.map((line) => `  ${line}\n`).join('')}`;
}

async function firstReachable(source: ClusterSource, ca: string) {
  for (const candidate of candidates(source.cluster, source.inventory.hosts)) {
    const { problem, ...endpoint } = await tryEndpoint(candidate, ca);
    if (problem === undefined) return endpoint;
  }
  return undefined;
}

/** @returns its path, relative to the working directory. */
function save(name: string, text: string): string {
  const own = resolve('.kubewright');
  const file = join(own, 'kubeconfig', `${name}.conf`);
  makeFolder(join(own, 'kubeconfig'), 0o700);
  hideFromGit(own);
  writeFileSync(file, text, { mode: 0o600 });
  return relative(process.cwd(), file);
}
