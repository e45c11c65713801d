import type { Cluster, ClusterHost } from '../../cluster/cluster.js';
import type { ProbeOptions } from '../../facts/probe.js';
import { OS_FAMILIES } from '../os/families.js';
import { modulesFor } from '../os/modules.js';
import { NETWORK_MANAGER } from '../os/network-manager.js';
import { NEEDED_TOOLS } from './host.js';
import { endpointsFor } from './network.js';

/** What a host of the cluster must be asked so that the roles can decide. */
export function questionsFor(cluster: Cluster, host: ClusterHost): ProbeOptions {
  return {
    tools: [...NEEDED_TOOLS, NETWORK_MANAGER, ...OS_FAMILIES.map((f) => f.packageManager.program)],
    modules: modulesFor(host.settings),
    endpoints: endpointsFor(cluster, host),
    living: {
      binDir: host.settings.bin_dir,
      etcdDataDir: host.settings.etcd_data_dir,
      etcdCertDir: host.settings.etcd_cert_dir,
    },
  };
}
