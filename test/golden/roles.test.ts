import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROLES } from '../../src/roles/index.js';
import type { Task } from '../../src/tasks/task.js';
import { roleContext, sampleCluster } from '../support/cluster.js';

const FILES = join(import.meta.dirname, 'files');
mkdirSync(FILES, { recursive: true });

const cluster = sampleCluster({
  vars: {
    kube_version: '1.20.2',
    kube_network_plugin: 'static-routes',
    dns_mode: 'none',
    loadbalancer_apiserver_type: 'haproxy',
  },
});
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
const CSR = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----';
const exports = {
  'm11-k8s': {
    'etcd-ca': PEM,
    'etcd-csr-member': CSR,
    'etcd-cert-m11-k8s-member': PEM,
    'ca-hash': `sha256:${'0'.repeat(64)}`,
    'pod-subnets':
      'm11-k8s 10.233.64.0/24\nm12-k8s 10.233.65.0/24\nm13-k8s 10.233.66.0/24\nw101-k8s 10.233.67.0/24\nw102-k8s 10.233.68.0/24\n',
  },
};

/** What a role does to a host, as reviewers read it. Secrets show as names only. */
function render(tasks: readonly Task[]): string {
  return tasks
    .map((t) => {
      const parts = [`# ${t.id}: ${t.title}`, `## check\n${t.check.text}`, `## apply\n${t.apply.text}`];
      for (const [name, text] of Object.entries(t.exports ?? {})) parts.push(`## export ${name}\n${text.text}`);
      if (t.needs) parts.push(`## needs\n${t.needs.map((n) => n.name).join('\n')}`);
      return parts.join('\n');
    })
    .join('\n\n');
}

/** The hosts of the plays that name a role, by what is worth reading: the first one, another one, a worker. */
const HOSTS: Readonly<Record<string, readonly string[]>> = {
  os: ['m11-k8s'],
  containerd: ['m11-k8s', 'w101-k8s'],
  'etcd-certs': ['m11-k8s', 'm12-k8s'],
  'etcd-sign': ['m11-k8s'],
  etcd: ['m11-k8s', 'm12-k8s'],
  node: ['w101-k8s'],
  'control-plane': ['m11-k8s', 'm12-k8s'],
  'apiserver-lb': ['m11-k8s', 'w101-k8s'],
  worker: ['w101-k8s'],
  'pod-subnets': ['m11-k8s'],
  network: ['m11-k8s', 'w101-k8s'],
  client: ['m11-k8s'],
  nodes: ['m11-k8s'],
};

describe('programs of the roles', () => {
  it('are reviewed for every role', () => {
    expect(Object.keys(HOSTS).toSorted()).toEqual([...ROLES.keys()].filter((name) => name !== 'preflight').toSorted());
  });

  for (const [name, role] of ROLES) {
    for (const host of HOSTS[name] ?? []) {
      it(`${name} on ${host}`, async () => {
        const text = render(role.tasks(roleContext(cluster, host, { exports })));
        if (text === '') return expect(role.tasks(roleContext(cluster, host, { exports }))).toHaveLength(0);
        await expect(`${text}\n`).toMatchFileSnapshot(join(FILES, `${name}.${host}.sh`));
        expect(text).not.toContain('abcdef.0123456789abcdef');
        expect(text).not.toContain('f'.repeat(64));
      });
    }
  }

  it('gives every task of a host an id of its own', () => {
    for (const host of cluster.hosts) {
      const ids = [...ROLES.values()].flatMap((r) => r.tasks(roleContext(cluster, host.name, { exports })).map((t) => t.id));
      // os … nodes run in several plays; within a role the id is unique, and shared tasks belong to one role a host.
      for (const role of ROLES.values()) {
        const own = role.tasks(roleContext(cluster, host.name, { exports })).map((t) => t.id);
        expect(new Set(own).size).toBe(own.length);
      }
      expect(ids.length).toBeGreaterThan(20);
    }
  });
});
