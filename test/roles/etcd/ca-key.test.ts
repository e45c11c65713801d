import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { etcd } from '../../../src/roles/etcd/etcd.js';
import { etcdCertsRole } from '../../../src/roles/etcd/etcd-certs.js';
import type { Role } from '../../../src/roles/role.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';
import { play, runLocal, sandbox, statuses } from '../../support/local.js';

it.skipIf(process.getuid?.() !== 0)(
  "hands the key of etcd's authority from one host to the others, and leaves it in no log (needs root)",
  async () => {
    const box = sandbox();
    const hosts = ['m11-k8s', 'm12-k8s', 'm13-k8s'];
    const dirOf = (host: string): string => join(box.root, host);
    for (const host of hosts) mkdirSync(dirOf(host));
    const cluster = sampleCluster({ hostVars: Object.fromEntries(hosts.map((h) => [h, { etcd_cert_dir: dirOf(h) }])) });
    const tasks =
      (role: Role, ids: readonly string[]): Parameters<typeof play>[2] =>
      (host, exports) =>
        role
          .tasks({ ...roleContext(cluster, host), exported: (from, name) => exports.get(from)?.get(name) })
          .filter((t) => ids.includes(t.id));
    const plays = [
      play('keys', hosts, tasks(etcdCertsRole, ['etcd-certs/ca', 'etcd-certs/ca-key-read'])),
      play('etcd', hosts, tasks(etcd, ['etcd/ca-key'])),
    ];
    const result = await runLocal(box, plays);
    expect(result.exitCode).toBe(0);
    const keys = hosts.map((h) => readFileSync(join(dirOf(h), 'ca-key.pem'), 'utf8'));
    expect(new Set(keys).size).toBe(1);
    for (const h of hosts) expect(statSync(join(dirOf(h), 'ca-key.pem')).mode & 0o777).toBe(0o600);
    // A line of the key itself, as it would be in any log.
    const line = keys[0]?.split('\n').find((l) => l.length > 40) ?? '';
    expect(line).not.toBe('');
    expect(JSON.stringify(result.events)).not.toContain(line);
    for (const file of readdirSync(box.journalDir, { recursive: true, encoding: 'utf8' })) {
      const path = join(box.journalDir, file);
      if (statSync(path).isFile()) expect(readFileSync(path, 'utf8'), file).not.toContain(line);
    }

    const again = await runLocal(box, plays);
    expect(statuses(again.events).every((s) => !s.includes('changed'))).toBe(true);
  },
);
