import { catalogueFile, defaultKubeVersion } from '../../cluster/catalogue.js';

/** One file of each kind that a cluster needs; the registry answers every client on /v2/. */
function samples(): string[] {
  const urls = [catalogueFile('kubeadm', defaultKubeVersion(), 'amd64')?.url, 'https://registry.k8s.io/v2/'];
  return urls.filter((u) => u !== undefined);
}

/** Whether official downloads are reachable from here, within a few seconds. */
export async function releaseServersAnswer(): Promise<{ readonly ok: boolean; readonly why: string }> {
  for (const url of samples()) {
    const host = new URL(url).host;
    try {
      const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(5000) });
      if (!response.ok && response.status !== 401) return { ok: false, why: `${host} answers with status ${response.status}` };
    } catch (error) {
      const timeout = error instanceof Error && error.name === 'TimeoutError';
      return { ok: false, why: `${host} ${timeout ? 'does not answer within 5 s' : 'cannot be reached'}` };
    }
  }
  return { ok: true, why: '' };
}
