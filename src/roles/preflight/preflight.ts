import type { GateContext, Role } from '../role.js';
import { addressChecks } from './addresses.js';
import { machineChecks } from './host.js';
import { networkChecks } from './network.js';
import type { Problem } from './problem.js';

/**
 * Looks at all machines at once, on the operator's side, before the first task anywhere. Everything that is wrong is
 * reported in one go, each with its remedy.
 */
export const preflight: Role = {
  name: 'preflight',
  gate(ctx) {
    return problems(ctx).map((p) => ({
      ...p,
      fix: `${p.fix ?? ''}${p.fix ? '\n' : ''}(or, knowing better: kubewright_preflight_ignore: [${p.check}])`,
    }));
  },
  tasks: () => [],
};

export function problems(ctx: GateContext): Problem[] {
  const ignored = new Set(ctx.cluster.settings.kubewright_preflight_ignore);
  return [...machineChecks(ctx), ...addressChecks(ctx), ...networkChecks(ctx)].filter((p) => !ignored.has(p.check));
}
