import type { Task } from '../../../tasks/task.js';
import { apiserverLb } from '../../kubernetes/apiserver-lb.js';
import { isNode, type RoleContext } from '../../role.js';

/** The load balancer of a host that stays, without the API servers that go. Hosts have their turns. */
export function balancer(ctx: RoleContext): readonly Task[] {
  return isNode(ctx.host) ? apiserverLb.tasks(ctx) : [];
}
