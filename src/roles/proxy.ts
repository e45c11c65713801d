import type { Cluster, ClusterHost } from '../cluster/cluster.js';
import { Secret } from '../shell/secret.js';
import { joinShell, rawShell, type Shell, sh } from '../shell/shell.js';

interface Proxies {
  readonly http?: string;
  readonly https?: string;
  /** What is reached directly, separated by commas: the cluster, and the user's own. */
  readonly direct: string;
}

/** The proxies that a host's downloads take; undefined: none. */
function proxiesOf(cluster: Cluster, host: ClusterHost): Proxies | undefined {
  const { http_proxy: http, https_proxy: https, no_proxy: own = '' } = host.settings;
  if (!http && !https) return undefined;
  const s = cluster.settings;
  const direct = [
    'localhost',
    '127.0.0.1',
    // Each by itself: curl before 7.86 knows no subnets.
    ...cluster.hosts.flatMap((h) => [h.ip, h.accessIp, h.name]),
    s.loadbalancer_apiserver?.address,
    s.apiserver_loadbalancer_domain_name,
    s.kube_service_addresses,
    s.kube_pods_subnet,
    '.svc',
    `.${s.cluster_name}`,
    ...own.split(',').map((entry) => entry.trim()),
  ];
  return { http, https, direct: [...new Set(direct.filter((d) => d !== undefined && d !== ''))].join(',') };
}

/**
 * Shell that gives the proxies to what comes after it: curl, wget, apt and dnf read them from their environment, so that a
 * password is in no argument and no file. Empty without proxies.
 *
 * kubeadm gets none: it would write them into the manifests of the control plane, and the images it wants are pulled by
 * the container runtime.
 */
export function proxyEnvironment(cluster: Cluster, host: ClusterHost): Shell {
  const proxies = proxiesOf(cluster, host);
  if (!proxies) return sh``;
  const { http, https, direct } = proxies;
  return joinShell([
    ...(http ? [sh`http_proxy=${guarded('http-proxy', http)} HTTP_PROXY=$http_proxy; export http_proxy HTTP_PROXY`] : []),
    ...(https ? [sh`https_proxy=${guarded('https-proxy', https)} HTTPS_PROXY=$https_proxy; export https_proxy HTTPS_PROXY`] : []),
    sh`no_proxy=${direct} NO_PROXY=${rawShell('$no_proxy')}; export no_proxy NO_PROXY`,
  ]);
}

/** The same as a file for `EnvironmentFile=` of a unit; undefined without proxies. A unit's `Environment=` is shown to every user. */
export function proxyFile(cluster: Cluster, host: ClusterHost): string | Secret | undefined {
  const proxies = proxiesOf(cluster, host);
  if (!proxies) return undefined;
  const { http, https, direct } = proxies;
  const lines = [...(http ? [`HTTP_PROXY=${http}`] : []), ...(https ? [`HTTPS_PROXY=${https}`] : []), `NO_PROXY=${direct}`];
  const text = `${lines.join('\n')}\n`;
  return [http, https].some(hasPassword) ? new Secret('proxy-file', text) : text;
}

function guarded(name: string, url: string): string | Secret {
  return hasPassword(url) ? new Secret(name, url) : url;
}

function hasPassword(url: string | undefined): boolean {
  return url?.includes('@') ?? false;
}
