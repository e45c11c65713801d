import { KubewrightError } from '../../../base/errors.js';
import type { ClusterHost } from '../../../cluster/cluster.js';
import type { Asker } from '../ask.js';
import { type ApiAnswer, askApi, readApi } from './ask-api.js';

/** The first control plane that gets an answer from its API server. @throws KubewrightError if none does. */
export async function askOne(
  asker: Asker,
  planes: readonly ClusterHost[],
  o: { readonly namespace: string; readonly pod: string },
  short = false,
): Promise<ApiAnswer> {
  let error = '';
  for (const host of planes.filter((h) => !asker.failures.has(h.name))) {
    const { answers } = await asker.ask([host], (h) => askApi(h, o.namespace, o.pod, short));
    const answer = readApi(answers.get(host.name));
    if (answers.has(host.name) && answer.error === '') return answer;
    error = answer.error || asker.failures.get(host.name)?.message || error;
  }
  throw new KubewrightError({
    what: 'No API server answers',
    where: planes.map((h) => h.name).join(', '),
    why: error,
    fix: 'kubewright status -i INVENTORY shows what runs; without a cluster, kubewright provision installs one',
  });
}
