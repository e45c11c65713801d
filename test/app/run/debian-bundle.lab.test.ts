import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, freePrefix, missingForLab, ROOT, recapOf, traces } from '../../support/lab.js';
import { BUILD_TIMEOUT, DEBIAN_BUNDLE, ensureBundle } from '../../support/lab-bundles.js';

/** The oldest Kubernetes that is supported, from Debian's packages alone: static routes, no cluster DNS. */
const dir = mkdtempSync(join(tmpdir(), 'kubewright-debian-lab-'));
const inventory = join(dir, 'inventory', 'hosts.ini');
const env = { HOME: join(dir, 'home'), KUBEWRIGHT_LAB_DIR: '/var/lib/kubewright/lab-debian-test', NO_COLOR: '1' };
const names = ['m11-k8s', 'w101-k8s'];
const reason = missingForLab();

const run = (args: readonly string[], o: { echo?: boolean; input?: string } = {}) => cli(args, { env, cwd: dir, ...o });
const on = (host: string, command: string, input?: string) => run(['lab', 'ssh', host, '--', command], { input });
const kubectl = (command: string, input?: string) => on('m11-k8s', `sudo kubectl ${command}`, input);
const provision = (...more: string[]) => run(['provision', '-i', inventory, '--json', ...more]);

describe.skipIf(reason)(`a cluster of Debian's Kubernetes on lab machines${reason ? ` (${reason})` : ''}`, () => {
  let before: string[];

  beforeAll(async () => {
    await run(['lab', 'down']);
    before = traces();
    await ensureBundle(DEBIAN_BUNDLE);
    const up = ['lab', 'up', '--masters', '1', '--workers', '1', '--subnet', `${await freePrefix()}.0/24`];
    const made = await run([...up, '--inventory-dir', join(dir, 'inventory'), '--bundle', DEBIAN_BUNDLE.dir], { echo: true });
    expect(made.code, made.stderr).toBe(0);
  }, BUILD_TIMEOUT);

  afterAll(async () => {
    await run(['lab', 'down']);
    rmSync(dir, { recursive: true, force: true });
  });

  it('has every node Ready, and changes nothing when it runs again', async () => {
    const result = await run(['provision', '-i', inventory, '--plain'], { echo: true });
    expect(result.code, result.stdout.slice(-3000) + result.stderr).toBe(0);
    const nodes = await kubectl('get nodes --no-headers');
    for (const name of names) expect(nodes.stdout).toMatch(new RegExp(`^${name} +Ready .* v1\\.20\\.2$`, 'm'));
    const again = await provision();
    expect(again.code, again.stderr).toBe(0);
    for (const name of names) expect(recapOf(again.stdout).get(name), name).toMatchObject({ changed: 0, failed: 0 });
  });

  it('runs a Deployment whose Service answers on every node', async () => {
    const applied = await kubectl('apply -f -', readFileSync(join(ROOT, 'docs', 'hello.yml'), 'utf8'));
    expect(applied.code, applied.stderr).toBe(0);
    const rollout = await kubectl('rollout status deployment/hello --timeout=180s');
    expect(rollout.code, rollout.stdout).toBe(0);
    for (const name of names) {
      const answers = await on(name, 'curl -s --retry 6 --retry-connrefused --max-time 5 http://127.0.0.1:30080/');
      expect(answers.stdout, name).toMatch(/hello-/);
    }
  });

  it('restarts an API server that leaves its watchers in silence after etcd was restarted', async () => {
    const changed = await provision('--tags', 'etcd', '-e', 'etcd_election_timeout=4500');
    expect(changed.code, changed.stdout.slice(-2000)).toBe(0);
    expect(changed.stdout).toContain('api-watches/');
    const again = await provision('--tags', 'etcd', '-e', 'etcd_election_timeout=4500');
    expect(recapOf(again.stdout).get('m11-k8s')).toMatchObject({ changed: 0, failed: 0 });
    // A Service that is made now reaches every node's kube-proxy.
    expect((await kubectl('expose deployment hello --name=later --port=81 --target-port=8080')).code).toBe(0);
    const address = (await kubectl("get service later -o jsonpath='{.spec.clusterIP}'")).stdout.trim();
    for (const name of names) {
      const answers = await on(name, `curl -s --retry 10 --retry-connrefused --retry-delay 3 --max-time 5 http://${address}:81/`);
      expect(answers.stdout, name).toMatch(/hello-/);
    }
  });

  it('leaves nothing behind', async () => {
    expect((await run(['lab', 'down'])).code).toBe(0);
    expect(traces().filter((t) => !before.includes(t))).toEqual([]);
  });
});
