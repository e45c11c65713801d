import type { GateContext, Role } from '../role.js';
import { addressChecks } from './addresses.js';
import { hostChecks } from './host.js';
import { networkChecks } from './network.js';
import type { Problem } from './problem.js';

/**
 * Checks all hosts at once, on the operator's machine, before the first task anywhere. Every problem is reported at once, with its
 * remedy.
 */
export const preflight: Role = {
  name: 'preflight',
  gate(ctx) {
    return problems(ctx).map((p) => ({
      ...p,
      fix: `${p.fix ?? ''}${p.fix ? '\n' : ''}(to skip this check: kubewright_preflight_ignore: [${p.check}])`,
    }));
  },
  tasks: () => [],
};

export function problems(ctx: GateContext): Problem[] {
  const ignored = new Set(ctx.cluster.settings.kubewright_preflight_ignore);
  return [...hostChecks(ctx), ...addressChecks(ctx), ...networkChecks(ctx)].filter((p) => !ignored.has(p.check));
}
