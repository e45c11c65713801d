import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { drained } from '../../../src/roles/day-two/nodes/drained.js';
import { sh } from '../../../src/shell/shell.js';

/** @param lines what kubectl prints: kind of the owner, phase, tolerations. */
function isDrained(...lines: string[]): boolean {
  const program = `set -eu\nkube() { printf '%s\\n' ${lines.map((l) => `'${l}'`).join(' ')}; }\n${drained(sh`kube`, 'w101').text}`;
  return spawnSync('sh', ['-c', program]).status === 0;
}

const USUAL = ',node.kubernetes.io/not-ready:NoExecute,,node.kubernetes.io/unreachable:NoExecute,';

describe('a node counts as drained', () => {
  it('without pods, or with those that stay until the host stops, and those that have ended', () => {
    expect(isDrained('')).toBe(true);
    expect(isDrained('DaemonSet|Running|,:,', 'Node|Running|', `Job|Succeeded|${USUAL}`, `ReplicaSet|Failed|${USUAL}`)).toBe(
      true,
    );
  });

  it('not with any other pod', () => {
    expect(isDrained(`ReplicaSet|Running|${USUAL}`)).toBe(false);
    expect(
      isDrained('DaemonSet|Running|,:,', `StatefulSet|Pending|${USUAL},node-role.kubernetes.io/control-plane:NoSchedule,`),
    ).toBe(false);
  });

  it('with pods that their controllers put back onto a cordoned node: upgrade and remove would never get beyond it', () => {
    expect(isDrained('StatefulSet|Pending|,:,')).toBe(true);
    expect(isDrained(`ReplicaSet|Running|${USUAL},node.kubernetes.io/unschedulable:NoSchedule,`)).toBe(true);
  });

  it('not with a pod without a controller, whatever it tolerates: it would be gone for good', () => {
    expect(isDrained('|Running|,:,')).toBe(false);
  });
});
