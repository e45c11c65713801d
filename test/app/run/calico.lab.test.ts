import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, freePrefix, missingForLab, recapOf, traces, until } from '../../support/lab.js';
import { BUILD_TIMEOUT, bundleIndex, ensureBundle, GO_BUNDLE, missingForGoBundle } from '../../support/lab-bundles.js';

/**
 * BGP on a lab of its own: a mesh first, then two route reflectors in the same living cluster, then a mesh again. Two other nodes
 * reach each other by the reflectors alone.
 */
const WORKERS = Number(process.env.KUBEWRIGHT_TEST_WORKERS ?? 3);
const dir = mkdtempSync(join(tmpdir(), 'kubewright-calico-lab-'));
const inventory = join(dir, 'inventory', 'hosts.ini');
const bundle = GO_BUNDLE.dir;
const env = { HOME: join(dir, 'home'), KUBEWRIGHT_LAB_DIR: '/var/lib/kubewright/lab-calico-test', NO_COLOR: '1' };
const names = ['m11-k8s', ...Array.from({ length: WORKERS }, (_, i) => `w10${i + 1}-k8s`)];
const reason =
  missingForLab() ??
  (process.env.KUBEWRIGHT_TEST_CALICO === undefined ? 'takes a quarter of an hour: set KUBEWRIGHT_TEST_CALICO' : undefined) ??
  (await missingForGoBundle());

const run = (args: readonly string[], o: { echo?: boolean; input?: string } = {}) => cli(args, { env, cwd: dir, ...o });
const on = (host: string, command: string, input?: string) => run(['lab', 'ssh', host, '--', command], { input });
const kubectl = (command: string, input?: string) => on('m11-k8s', `sudo kubectl ${command}`, input);

const BGP = ['-e', 'calico_network_backend=bird', '-e', 'calico_vxlan_mode=Never', '-e', 'cluster_id=244.0.0.1'];
const provision = (file: string, ...more: string[]) => run(['provision', '-i', file, ...BGP, '--json', ...more]);

const PODS = `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      tolerations: [{ operator: Exists }]
      containers:
        - name: web
          image: BUSYBOX
          command: [sh, -c, "mkdir -p /www; hostname > /www/index.html; trap exit TERM; httpd -f -p 8080 -h /www & wait"]
`;

/** Every pod asks every other one, across nodes. */
async function reachEachOther(): Promise<void> {
  const list = await kubectl(`get pods -l app=web -o jsonpath='{range .items[*]}{.metadata.name} {.status.podIP}{"\\n"}{end}'`);
  const pods = list.stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  expect(pods).toHaveLength(names.length);
  for (const [from] of pods) {
    for (const [to, address] of pods) {
      const ask = `printf "GET / HTTP/1.0\\r\\n\\r\\n" | nc -w 5 ${address} 8080`;
      await until(`${from} reaches ${to}`, 60, async () =>
        (await kubectl(`exec ${from} -- sh -c '${ask}'`)).stdout.includes(`${to}`),
      );
    }
  }
}

async function verified(): Promise<void> {
  const result = await run(['verify', '-i', inventory], { echo: true });
  expect(result.code, result.stdout + result.stderr).toBe(0);
}

/** Established BGP sessions of each node by their kind, as BIRD has them: `Mesh` or `Node`. */
async function sessions(): Promise<string[]> {
  const pods = await kubectl("-n kube-system get pods -l k8s-app=calico-node -o jsonpath='{.items[*].metadata.name}'");
  const all: string[] = [];
  for (const pod of pods.stdout.trim().split(' ')) {
    const shown = await kubectl(`-n kube-system exec ${pod} -c calico-node -- birdcl -s /var/run/calico/bird.ctl show protocols`);
    all.push(...[...shown.stdout.matchAll(/^(Mesh|Node)_\S+ +BGP .*Established/gm)].map((m) => m[1] ?? ''));
  }
  return all.sort();
}

describe.skipIf(reason)(`Calico with BGP on lab machines${reason ? ` (${reason})` : ''}`, () => {
  let before: string[];
  let reflected: string;

  beforeAll(async () => {
    await run(['lab', 'down']);
    before = traces();
    await ensureBundle(GO_BUNDLE);
    const made = await run(
      ['lab', 'up', '--masters', '1', '--workers', `${WORKERS}`, '--subnet', `${await freePrefix()}.0/24`].concat(
        '--inventory-dir',
        join(dir, 'inventory'),
        '--bundle',
        bundle,
      ),
      { echo: true },
    );
    expect(made.code, made.stderr).toBe(0);
    reflected = join(dir, 'inventory', 'reflected.ini');
    const reflectors = names.slice(-2).join('\n');
    writeFileSync(reflected, readFileSync(inventory, 'utf8').replace('[calico-rr]\n', `[calico-rr]\n${reflectors}\n`));
  }, BUILD_TIMEOUT);

  afterAll(async () => {
    await run(['lab', 'down']);
    rmSync(dir, { recursive: true, force: true });
  });

  it('carries pods by a mesh', async () => {
    const result = await provision(inventory);
    expect(result.code, result.stdout.slice(-3000) + result.stderr).toBe(0);
    const busybox = bundleIndex(GO_BUNDLE).images.find((i) => i.ref.includes('/busybox:'))?.ref ?? '';
    expect((await kubectl('apply -f -', PODS.replace('BUSYBOX', busybox))).code).toBe(0);
    expect((await kubectl('rollout status daemonset/web --timeout=240s')).code).toBe(0);
    await reachEachOther();
    expect(await sessions()).toEqual(Array(names.length * (names.length - 1)).fill('Mesh'));
    await verified();
  });

  it('carries pods by route reflectors after a change in the living cluster, and is then as wanted', async () => {
    const changed = await provision(reflected);
    expect(changed.code, changed.stdout.slice(-3000) + changed.stderr).toBe(0);
    await until('the sessions are those of the reflectors', 60, async () => {
      const now = await sessions();
      return now.length > 0 && now.every((s) => s === 'Node');
    });
    await reachEachOther();
    await verified();
    const again = await provision(reflected);
    for (const name of names) expect(recapOf(again.stdout).get(name), name).toMatchObject({ changed: 0, failed: 0 });
  });

  it('goes back to a mesh, and is then as wanted', async () => {
    const changed = await provision(inventory);
    expect(changed.code, changed.stdout.slice(-3000) + changed.stderr).toBe(0);
    await until('the sessions are a mesh', 60, async () => {
      const now = await sessions();
      return now.length > 0 && now.every((s) => s === 'Mesh');
    });
    await reachEachOther();
    expect((await kubectl('get bgppeers.crd.projectcalico.org -o name')).stdout).toBe('');
    const again = await provision(inventory);
    for (const name of names) expect(recapOf(again.stdout).get(name), name).toMatchObject({ changed: 0, failed: 0 });
  });

  it('leaves nothing behind', async () => {
    expect((await run(['lab', 'down'])).code).toBe(0);
    expect(traces()).toEqual(before);
  });
});
