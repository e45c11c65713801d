import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import type { VarValue } from '../../../src/inventory/model/values.js';
import { containerd } from '../../../src/roles/runtime/containerd.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const LOGIN = { registry: '192.168.1.200:5443', username: 'lab', password: "it's\nsecret" };

/** What containerd reads, and the text of the task that writes it. */
function configuration(vars: Readonly<Record<string, VarValue>>) {
  const task = containerd.role.tasks(roleContext(sampleCluster({ vars }), 'w101-k8s')).find((t) => t.id === 'containerd/config');
  if (!task) throw new Error('the task is gone');
  return { task, secret: task.apply.secrets.get('containerd-config')?.reveal() };
}

describe('the logins to registries', () => {
  it('are in the configuration of containerd, and in no text that is shown', () => {
    const { task, secret } = configuration({ containerd_registry_auth: [LOGIN] });
    const { plugins } = parse(secret ?? '') as { plugins: Record<string, { registry?: object }> };
    expect(Object.values(plugins).flatMap((p) => p.registry ?? [])).toEqual([
      {
        config_path: '/etc/containerd/certs.d',
        configs: { [LOGIN.registry]: { auth: { username: LOGIN.username, password: LOGIN.password } } },
      },
    ]);
    expect(task.sensitive).toBe(true);
    expect([task.apply, task.check, task.diff].map((s) => s?.text).join('\n')).not.toContain("it's");
    expect(task.apply.text).toMatch(/chmod 600 /);
  });

  it('are given to the host that docker.io is an alias of', () => {
    const { secret } = configuration({ containerd_registry_auth: [{ ...LOGIN, registry: 'docker.io' }] });
    expect(secret).toContain('registry-1.docker.io');
  });

  it('change nothing where there are none', () => {
    const { task, secret } = configuration({});
    expect(secret).toBeUndefined();
    expect(task.apply.text).not.toContain('configs');
  });
});
