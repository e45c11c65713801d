import { APPS } from './apps/apps.js';
import { clusterDns, clusterDnsReady } from './apps/dns.js';
import { etcd } from './etcd/etcd.js';
import { etcdCertsRole, etcdSign } from './etcd/etcd-certs.js';
import { apiserverLb } from './kubernetes/apiserver-lb.js';
import { controlPlane, controlPlaneAfter } from './kubernetes/control-plane.js';
import { node } from './kubernetes/kubelet.js';
import { record } from './kubernetes/record.js';
import { nodes } from './kubernetes/wait-for-nodes.js';
import { worker } from './kubernetes/worker.js';
import { earlyNetwork, lateNetwork, network } from './network/network.js';
import { podSubnets } from './network/pod-subnets.js';
import { os } from './os/os.js';
import { preflight } from './preflight/preflight.js';
import { QUIRKS } from './quirks/quirks.js';
import type { Role } from './role.js';
import { lateImages, RUNTIMES } from './runtime/runtimes.js';

/** Every role that a playbook may name. */
export const ROLES: ReadonlyMap<string, Role> = new Map(
  [
    preflight,
    os,
    ...Object.values(RUNTIMES).map((runtime) => runtime.role),
    lateImages,
    etcdCertsRole,
    etcdSign,
    etcd,
    node,
    controlPlane,
    controlPlaneAfter,
    apiserverLb,
    worker,
    podSubnets,
    earlyNetwork,
    network,
    lateNetwork,
    clusterDns,
    clusterDnsReady,
    nodes,
    record,
    ...APPS,
    ...QUIRKS,
  ].map((role) => [role.name, role]),
);
