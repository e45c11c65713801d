import { sh } from '../../shell/shell.js';
import type { Role } from '../role.js';
import { join } from './join.js';
import { joinedNode } from './kubelet.js';

/** A host that runs pods. Its load balancer's files must exist already: the kubelet reaches the API through it. */
export const worker: Role = {
  name: 'worker',
  tasks(ctx) {
    // A control plane that is also a worker is a node already; it only lacks the taint.
    if (ctx.host.controlPlane) return [];
    return [...join(ctx, sh`true`), ...joinedNode(ctx)];
  },
};
