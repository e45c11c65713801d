import { connect } from 'node:tls';
import { isIpv4 } from '../../base/net/ipv4.js';
import type { Cluster } from '../../cluster/cluster.js';
import type { Host } from '../../inventory/model/model.js';
import { controlPlaneEndpoint } from '../../kubeadm/build.js';

/** Milliseconds for each address. */
const LIMIT_MS = 3000;

export interface Endpoint {
  readonly server: string;
  /** Name or address of the certificate where it is not that of the server. */
  readonly tlsServerName?: string;
}

/** How an address was tried and what came of it; `problem` absent: an API server of this cluster answers there. */
export interface Attempt extends Endpoint {
  readonly problem?: string;
}

/** Where clients find the API by the settings. */
export function endpointOf(cluster: Cluster): Endpoint {
  return { server: `https://${controlPlaneEndpoint(cluster)}` };
}

/**
 * Addresses at which an API server may be reached, the best first: the endpoint of the cluster, each control plane's own address, and the
 * one that SSH uses, whose name need not be in the certificate.
 */
export function candidates(cluster: Cluster, hosts: ReadonlyMap<string, Host>): Endpoint[] {
  const port = cluster.settings.kube_apiserver_port;
  const own = cluster.controlPlane.flatMap((h): Endpoint[] => {
    const ssh = hosts.get(h.name)?.vars.get('ansible_host')?.value;
    return [
      { server: `https://${h.accessIp}:${port}` },
      ...(typeof ssh === 'string' && ssh !== h.accessIp ? [{ server: `https://${ssh}:${port}`, tlsServerName: h.accessIp }] : []),
    ];
  });
  const all = [endpointOf(cluster), ...own];
  return all.filter((e, i) => all.findIndex((f) => f.server === e.server) === i);
}

/** Tries one address: its certificate must be of this cluster and for this name. @param ca PEM */
export function tryEndpoint(e: Endpoint, ca: string): Promise<Attempt> {
  const { hostname, port } = new URL(e.server);
  const name = e.tlsServerName ?? hostname;
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      ca,
      // An address cannot be sent as a name; the certificate is compared with it below.
      ...(isIpv4(name) ? {} : { servername: name }),
      checkServerIdentity: (_, cert) => {
        const names = (cert.subjectaltname ?? '').split(', ');
        const [kind, found] = isIpv4(name) ? ['IP Address', name] : ['DNS', name];
        return names.includes(`${kind}:${found}`) ? undefined : new Error(`the certificate is not for ${name}`);
      },
    });
    const done = (problem?: string): void => {
      socket.destroy();
      resolve(problem === undefined ? e : { ...e, problem });
    };
    socket.setTimeout(LIMIT_MS, () => done('no answer'));
    socket.on('secureConnect', () => done());
    socket.on('error', (error: NodeJS.ErrnoException) =>
      done(error.code === 'ECONNREFUSED' ? 'nothing listens there' : error.message),
    );
  });
}
