import { describe, expect, it } from 'vitest';
import { CONTAINER_RUNTIMES } from '../../../src/cluster/container-runtimes.js';
import { ROLES } from '../../../src/roles/registry.js';
import { RUNTIMES, runtimeOf } from '../../../src/roles/runtime/runtimes.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

describe.each(CONTAINER_RUNTIMES)('the container runtime %s', (name) => {
  const cluster = sampleCluster({ vars: { container_manager: name } });
  const runtime = runtimeOf(cluster.settings);
  const installs = (host: string): string[] =>
    [...ROLES.values()].flatMap((r) => r.tasks(roleContext(cluster, host)).map((t) => t.id));

  it('is the one that container_manager names, and has its role in the list', () => {
    expect(runtime.name).toBe(name);
    expect(ROLES.get(runtime.role.name)).toBe(runtime.role);
  });

  it('is what the kubelet waits for and kubeadm speaks to', () => {
    const role = (wanted: string): string =>
      (ROLES.get(wanted)?.tasks(roleContext(cluster, 'm11-k8s')) ?? []).map((t) => t.apply.text).join('\n');
    expect(role('node')).toContain(`After=network-online.target ${runtime.unit}\n`);
    expect(role('control-plane')).toContain(`criSocket: unix://${runtime.socket}\n`);
  });

  it('alone is installed', () => {
    const others = Object.values(RUNTIMES).filter((r) => r !== runtime);
    for (const other of others) expect(other.role.tasks(roleContext(cluster, 'm11-k8s'))).toEqual([]);
    expect(installs('w101-k8s').filter((id) => id === `${runtime.role.name}/service`)).toHaveLength(1);
  });
});
