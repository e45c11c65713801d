import { apiWatches } from './api-watches.js';
import { apiserverLb } from './apiserver-lb.js';
import { client } from './client.js';
import { containerd } from './containerd.js';
import { controlPlane } from './control-plane.js';
import { etcd } from './etcd.js';
import { etcdCertsRole, etcdSign } from './etcd-certs.js';
import { network } from './network.js';
import { node } from './node.js';
import { nodes } from './nodes.js';
import { os } from './os.js';
import { podSubnets } from './pod-subnets.js';
import { preflight } from './preflight.js';
import type { Role } from './role.js';
import { worker } from './worker.js';

/** Every role that a playbook may name. */
export const ROLES: ReadonlyMap<string, Role> = new Map(
  [
    preflight,
    os,
    containerd,
    etcdCertsRole,
    etcdSign,
    etcd,
    apiWatches,
    node,
    controlPlane,
    apiserverLb,
    worker,
    podSubnets,
    network,
    nodes,
    client,
  ].map((role) => [role.name, role]),
);
