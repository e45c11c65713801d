import { sh } from '../../shell/shell.js';
import type { Role } from '../role.js';
import { join } from './join.js';
import { joinedNode } from './kubelet.js';

/** A machine that runs pods. Its load balancer's files must lie there already: the kubelet reaches the API through it. */
export const worker: Role = {
  name: 'worker',
  tasks(ctx) {
    // A control plane that is a worker too is a node already; it only lacks the taint.
    if (ctx.host.controlPlane) return [];
    return [...join(ctx, sh`true`), ...joinedNode(ctx)];
  },
};
