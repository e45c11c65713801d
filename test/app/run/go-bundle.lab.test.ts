import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { cli, freePrefix, missingForLab, recapOf, traces, until } from '../../support/lab.js';

/** A lab of its own beside whatever else runs on this box: own state, own subnet, own inventory, own home. */
const WORKERS = 2;
const dir = mkdtempSync(join(tmpdir(), 'kubewright-go-lab-'));
const inventory = join(dir, 'inventory', 'hosts.ini');
const bundle =
  process.env.KUBEWRIGHT_TEST_GO_BUNDLE ?? join(process.env.KUBEWRIGHT_CACHE ?? '/var/cache/kubewright', 'bundle', 'go-1.36.3');
const env = { HOME: join(dir, 'home'), KUBEWRIGHT_LAB_DIR: '/var/lib/kubewright/lab-go-test', NO_COLOR: '1' };
const names = ['m11-k8s', ...Array.from({ length: WORKERS }, (_, i) => `w10${i + 1}-k8s`)];
const reason =
  missingForLab() ??
  (existsSync(join(bundle, 'index.json')) ? undefined : 'needs a Go bundle: kubewright bundle build --from go');

const run = (args: readonly string[], o: { echo?: boolean; input?: string } = {}) => cli(args, { env, cwd: dir, ...o });
const on = (host: string, command: string, input?: string) => run(['lab', 'ssh', host, '--', command], { input });
const kubectl = (command: string, input?: string) => on('m11-k8s', `sudo kubectl ${command}`, input);
const provision = (...more: string[]) => run(['provision', '-i', inventory, '--json', ...more]);

/** A pod for each worker and one more, found by name: a Deployment's pods have none, a StatefulSet's do. */
const PODS = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: None, selector: { app: web }, ports: [{ port: 8080 }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: web }
spec:
  serviceName: web
  replicas: 3
  podManagementPolicy: Parallel
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      topologySpreadConstraints:
        - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: { matchLabels: { app: web } } }
      containers:
        - name: web
          image: BUSYBOX
          command: [sh, -c, "mkdir -p /www; hostname > /www/index.html; exec httpd -f -p 8080 -h /www"]
`;

describe.skipIf(reason)(`a cluster from a Go bundle on lab machines${reason ? ` (${reason})` : ''}`, () => {
  let before: string[];
  const index = () => JSON.parse(readFileSync(join(bundle, 'index.json'), 'utf8'));

  beforeAll(async () => {
    await run(['lab', 'down']);
    before = traces();
    const up = ['lab', 'up', '--masters', '1', '--workers', `${WORKERS}`, '--subnet', `${await freePrefix()}.0/24`];
    const made = await run([...up, '--inventory-dir', join(dir, 'inventory'), '--bundle', bundle], { echo: true });
    expect(made.code, made.stderr).toBe(0);
    const again = await run([...up, '--inventory-dir', join(dir, 'inventory')]);
    expect(again.stdout).toContain(`The lab keeps what it was made with: the bundle ${bundle}`);
  });

  afterAll(async () => {
    await run(['lab', 'down']);
    rmSync(dir, { recursive: true, force: true });
  });

  it('is described by an inventory that leaves Calico and CoreDNS on', () => {
    const settings = parse(readFileSync(join(dir, 'inventory/group_vars/all/lab.yml'), 'utf8'));
    expect(settings).toMatchObject({ kubewright_bundle: bundle });
    expect(settings).not.toHaveProperty('kube_network_plugin');
    expect(settings).not.toHaveProperty('dns_mode');
  });

  it('has every node Ready', async () => {
    const result = await run(['provision', '-i', inventory, '--plain'], { echo: true });
    expect(result.code, result.stdout.slice(-3000) + result.stderr).toBe(0);
    const nodes = await kubectl('get nodes --no-headers');
    for (const name of names) expect(nodes.stdout).toMatch(new RegExp(`^${name} +Ready .* v${index().kubeVersion}$`, 'm'));
  });

  it('has pods that reach each other by name, across nodes', async () => {
    const busybox = index().images.find((i: { ref: string }) => i.ref.includes('/busybox:')).ref;
    expect((await kubectl('apply -f -', PODS.replace('BUSYBOX', busybox))).code).toBe(0);
    const rollout = await kubectl('rollout status statefulset/web --timeout=180s');
    expect(rollout.code, rollout.stdout + (await kubectl('get pods -A -o wide')).stdout).toBe(0);
    const hosts = await kubectl("get pods -l app=web -o jsonpath='{.items[*].spec.nodeName}'");
    expect(new Set(hosts.stdout.trim().split(' ')).size).toBeGreaterThan(1);
    for (const from of [0, 1, 2]) {
      for (const to of [0, 1, 2]) {
        // Debian's static busybox cannot resolve names in wget, but in nslookup; nc takes the address.
        const name = `web-${to}.web.default.svc.cluster.local`;
        const address = `nslookup ${name} | awk "/^Name:/ { f = 1 } f && /^Address/ { print \\$NF }" | tail -1`;
        const ask = `printf "GET / HTTP/1.0\\r\\n\\r\\n" | nc -w 5 "$(${address})" 8080`;
        // The cluster's DNS learns of a pod a moment after it is ready.
        await until(`web-${from} reaches web-${to}`, 60, async () => {
          const got = await kubectl(`exec web-${from} -- sh -c '${ask}'`);
          return got.stdout.includes(`web-${to}`);
        });
      }
    }
  });

  it('is not changed by a second run', async () => {
    const again = await provision();
    expect(again.code, again.stderr).toBe(0);
    for (const name of names) expect(recapOf(again.stdout).get(name), name).toMatchObject({ changed: 0, failed: 0 });
  });

  it('does not import images again that the hosts have, though nothing is noted of them', async () => {
    await on('w101-k8s', 'sudo rm /var/lib/kubewright/images');
    const again = await provision();
    expect(recapOf(again.stdout).get('w101-k8s')).toMatchObject({ changed: 0, failed: 0 });
  });

  it('leaves nothing behind', async () => {
    expect((await run(['lab', 'down'])).code).toBe(0);
    expect(traces()).toEqual(before);
  });
});
