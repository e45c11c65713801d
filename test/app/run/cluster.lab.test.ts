import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DRY_RUNS, dryRunProgram } from '../../support/calico-dry-run.js';
import { cli, FILE_TREE, freePrefix, missingForLab, ROOT, recapOf, say, tasksThat, traces, until } from '../../support/lab.js';
import { BUILD_TIMEOUT, bundleIndex, ensureBundle, GO_BUNDLE, missingForGoBundle } from '../../support/lab-bundles.js';
import { ProcWatch, type Watched } from '../../support/proc-watch.js';

/** A lab of its own, apart from anything else on this machine: own state, subnet, inventory and home. */
const MASTERS = 3;
const WORKERS = 1;
const dir = mkdtempSync(join(tmpdir(), 'kubewright-lab-'));
const inventory = join(dir, 'inventory', 'hosts.ini');
const bundle = GO_BUNDLE.dir;
const env = { HOME: join(dir, 'home'), KUBEWRIGHT_LAB_DIR: '/var/lib/kubewright/lab-test', NO_COLOR: '1' };
const names = [
  ...Array.from({ length: MASTERS }, (_, i) => `m1${i + 1}-k8s`),
  ...Array.from({ length: WORKERS }, (_, i) => `w10${i + 1}-k8s`),
];
/** How private keys of any kind begin in base64, as kubeconfigs hold them. */
const privateInBase64 = ['', 'RSA ', 'EC ', 'OPENSSH '].map((kind) =>
  Buffer.from(`-----BEGIN ${kind}PRIVATE KEY`).toString('base64').slice(0, 24),
);
const reason = missingForLab() ?? (await missingForGoBundle());

const run = (args: readonly string[], echo = false) => cli(args, { env, cwd: dir, echo });
const on = (host: string, command: string, input?: string) => cli(['lab', 'ssh', host, '--', command], { env, cwd: dir, input });
const kubectl = (command: string, input?: string) => on('m11-k8s', `sudo kubectl ${command}`, input);
const provision = (...more: string[]) => run(['provision', '-i', inventory, '--json', ...more]);
const busybox = () => bundleIndex(GO_BUNDLE).images.find((i) => i.ref.includes('/busybox:'))?.ref ?? '';

/** Pods that are found by name: a StatefulSet's are, a Deployment's are not. */
const pods = () => `
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
  replicas: 2
  podManagementPolicy: Parallel
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      # Where there is one worker, the other pod is on a control plane.
      tolerations: [{ operator: Exists }]
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - { topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { app: web } } }
      containers:
        - name: web
          image: ${busybox()}
          command: [sh, -c, "mkdir -p /www; hostname > /www/index.html; trap exit TERM; httpd -f -p 8080 -h /www & wait"]
`;

const policy = (from: string) => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Ingress]
  ingress: [${from}]
`;

/** What one of those pods gets from another. */
async function ask(from: number, to: number): Promise<string> {
  // Debian's static busybox cannot resolve names in wget, but in nslookup; nc takes the address.
  const name = `web-${to}.web.default.svc.cluster.local`;
  const address = `nslookup ${name} | awk "/^Name:/ { f = 1 } f && /^Address/ { print \\$NF }" | tail -1`;
  const get = `printf "GET / HTTP/1.0\\r\\n\\r\\n" | nc -w 5 "$(${address})" 8080`;
  return (await kubectl(`exec web-${from} -- sh -c '${get}'`)).stdout;
}

/** By name and across nodes, both ways. The cluster's DNS learns of a pod a moment after it is ready. */
async function podsReachEachOther(): Promise<void> {
  await until('web-0 reaches web-1', 300, async () => (await ask(0, 1)).includes('web-1'));
  await until('web-1 reaches web-0', 300, async () => (await ask(1, 0)).includes('web-0'));
}

async function allNodesReady(): Promise<void> {
  await until('every node is Ready', 300, async () => {
    const text = (await kubectl('get nodes --no-headers')).stdout;
    return names.every((n) => new RegExp(`^${n} +Ready `, 'm').test(text));
  });
}

/** The cluster as it was before anything was broken on purpose. Nodes are Ready there as saved; pods have to be started. */
async function restored(): Promise<void> {
  const back = await run(['lab', 'snapshot', 'restore', 'cluster'], true);
  expect(back.code, back.stderr).toBe(0);
  await allNodesReady();
  await podsReachEachOther();
}

describe.skipIf(reason)(`a cluster of today's Kubernetes on lab machines${reason ? ` (${reason})` : ''}`, () => {
  let before: string[];
  let prefix: string;
  let announced: string[] = [];
  /** Processes on all lab machines (they are processes of this machine) during the installation. */
  let processes: Watched;

  beforeAll(async () => {
    await run(['lab', 'down']);
    before = traces();
    prefix = await freePrefix();
  });

  afterAll(async () => {
    await run(['lab', 'down']);
    rmSync(dir, { recursive: true, force: true });
  });

  it(
    'has a bundle to install',
    async () => {
      await ensureBundle(GO_BUNDLE);
      const verified = await run(['bundle', 'verify', bundle]);
      expect(verified.code, verified.stdout).toBe(0);
    },
    BUILD_TIMEOUT,
  );

  it('starts the lab machines, and finds them running the second time', async () => {
    const up = [
      'lab',
      'up',
      '--masters',
      `${MASTERS}`,
      '--workers',
      `${WORKERS}`,
      '--subnet',
      `${prefix}.0/24`,
      '--inventory-dir',
      join(dir, 'inventory'),
      '--bundle',
      bundle,
    ];
    const first = await run(up, true);
    expect(first.code, first.stderr).toBe(0);
    const second = await run(up.slice(0, -2));
    expect(second.code, second.stderr).toBe(0);
    expect(second.stdout).toContain(`The lab keeps what it was made with: the bundle ${bundle}`);
    const settings = parse(readFileSync(join(dir, 'inventory/group_vars/all/lab.yml'), 'utf8'));
    expect(settings).toMatchObject({ kubewright_bundle: bundle });
    // The bundle has Calico and CoreDNS: they are left on.
    expect(settings).not.toHaveProperty('kube_network_plugin');
    expect(settings).not.toHaveProperty('dns_mode');
    const status = await run(['lab', 'status']);
    for (const name of names) expect(status.stdout).toMatch(new RegExp(`${name} .*running`));
  });

  it('reports wrong passwords and closed ports of all hosts at once, and touches none', async () => {
    const wrong = await provision('-e', 'ansible_password=wrong');
    expect(wrong.code).toBe(3);
    // Hosts with the same trouble share a paragraph.
    expect(wrong.stderr).toMatch(/^error: m11…m13-k8s, w101-k8s \(4\): The host refuses the login of vagrant/);
    const refused = await provision('-e', 'ansible_port=9');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/^error: m11…m13-k8s, w101-k8s \(4\): The host refuses connections/);
    const untouched = await on('m11-k8s', 'ls /var/lib/kubewright 2>&1');
    expect(untouched.stdout).toMatch(/No such file/);
  });

  it('distributes keys, changes nothing the second time, and every host reaches every other', async () => {
    const first = await run(['keys', 'distribute', '-i', inventory]);
    expect(first.code, first.stdout + first.stderr).toBe(0);
    expect(first.stdout).toContain(`${names.length} changed, 0 failed`);
    const second = await run(['keys', 'distribute', '-i', inventory]);
    expect(second.stdout).toContain('0 changed, 0 failed');
    const check = await run(['keys', 'check', '-i', inventory]);
    const pairs = names.length * (names.length - 1);
    expect(check.stdout).toContain(`${pairs} of ${pairs} logins succeeded`);
  });

  it('announces changes in check mode and makes none', async () => {
    const tree = async () => (await on('m11-k8s', `sudo sh -c '${FILE_TREE}'`)).stdout;
    const untouched = await tree();
    expect(untouched.split('\n').length).toBeGreaterThan(5000);
    const check = await provision('--check', '--diff');
    expect(check.code, check.stderr).toBe(0);
    for (const name of names) expect(recapOf(check.stdout).get(name)?.changed).toBeGreaterThan(10);
    announced = tasksThat('would-change', check.stdout);
    expect(await tree()).toBe(untouched);
  });

  it('turns them into a cluster with every node Ready', async () => {
    // What looks like a join token; and nothing of a private key, in any form.
    const watch = await ProcWatch.start(['PRIVATE KEY-----\n', ...privateInBase64], /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/);
    const result = await run(['provision', '-i', inventory, '--plain', '-e', 'kubeconfig_localhost=true'], true);
    processes = await watch.stop();
    expect(result.code, result.stdout.slice(-3000) + result.stderr).toBe(0);
    // The run did what check mode announced, task by task on every host.
    expect(tasksThat('changed', readFileSync(join(dir, '.kubewright', 'runs', 'latest', 'events.jsonl'), 'utf8'))).toEqual(
      announced,
    );
    const nodes = await kubectl('get nodes --no-headers');
    expect(nodes.stdout.trim().split('\n')).toHaveLength(names.length);
    const { kubeVersion } = bundleIndex(GO_BUNDLE);
    for (const name of names) expect(nodes.stdout).toMatch(new RegExp(`^${name} +Ready .* v${kubeVersion}$`, 'm'));
    expect(readFileSync(join(dir, 'inventory', 'artifacts', 'admin.conf'), 'utf8')).toContain(
      `server: https://${prefix}.11:6443`,
    );
  });

  it('works in every respect that verify tests', async () => {
    const verified = await run(['verify', '-i', inventory], true);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  });

  it('changes nothing when it runs again, and announces nothing in check mode', async () => {
    const again = await provision();
    expect(again.code, again.stderr).toBe(0);
    expect(tasksThat('changed', again.stdout)).toEqual([]);
    const recap = recapOf(again.stdout);
    for (const name of names) expect(recap.get(name), name).toMatchObject({ changed: 0, failed: 0, unreachable: false });
    const check = await provision('--check');
    for (const name of names) expect(recapOf(check.stdout).get(name), name).toMatchObject({ changed: 0, failed: 0, skipped: 0 });
  });

  it('borrows with --limit from the first master what a worker needs, and touches nothing else', async () => {
    const limited = await provision('--limit', 'w101-k8s');
    expect(limited.code, limited.stderr).toBe(0);
    const recap = recapOf(limited.stdout);
    expect([...recap.keys()].sort()).toEqual(['m11-k8s', 'w101-k8s']);
    expect(recap.get('m11-k8s')).toMatchObject({ changed: 0, failed: 0 });
    expect(recap.get('m11-k8s')?.ok).toBeLessThan(6);
    expect(recap.get('w101-k8s')).toMatchObject({ changed: 0, failed: 0 });
  });

  it('keeps secrets out of journals, logs and process lists', async () => {
    const tokens = await kubectl(
      '-n kube-system get secrets --field-selector type=bootstrap.kubernetes.io/token -o jsonpath=\'{range .items[*]}{.data.token-secret}{" "}{end}\'',
    );
    const secrets = tokens.stdout
      .trim()
      .split(/\s+/)
      .filter((t) => t !== '')
      .map((t) => Buffer.from(t, 'base64').toString());
    expect(secrets.length).toBeGreaterThan(0);
    const runs = join(dir, '.kubewright', 'runs');
    const texts = readdirSync(runs, { recursive: true, encoding: 'utf8' })
      .map((f) => join(runs, f))
      .filter((f) => !f.includes('/latest') && /\.(jsonl|log)$/.test(f))
      .map((f) => readFileSync(f, 'utf8'));
    expect(texts.length).toBeGreaterThan(names.length);
    for (const secret of secrets) for (const text of texts) expect(text.includes(secret)).toBe(false);
    expect(processes.rounds).toBeGreaterThan(100);
    expect(processes.matches.filter((m) => secrets.some((s) => m.includes(s)))).toEqual([]);
    expect(processes.hits).toEqual([]);
    expect(texts.some((t) => t.includes('PRIVATE KEY'))).toBe(false);
    expect(texts.some((t) => t.includes('client-key-data'))).toBe(false);
    const left = await on('m11-k8s', 'sudo sh -c "ls -d /run/kubewright-kubeadm-* /run/kubewright/2* 2>/dev/null | wc -l"');
    expect(left.stdout.trim()).toBe('0');
  });

  it('runs three healthy etcd members that refuse unknown clients', async () => {
    const endpoints = [11, 12, 13].map((n) => `https://${prefix}.${n}:2379`).join(',');
    const etcdctl = (flags: string) =>
      on(
        'm11-k8s',
        `sudo sh -c 'cd /etc/ssl/etcd/ssl; ETCDCTL_API=3 etcdctl --cacert ca.pem --endpoints ${endpoints} --command-timeout 5s ${flags} 2>&1'`,
      );
    const healthy = await etcdctl('--cert admin-m11-k8s.pem --key admin-m11-k8s-key.pem endpoint health');
    expect(healthy.stdout.match(/is healthy/g)).toHaveLength(3);
    const stranger = await etcdctl('get /');
    expect(stranger.code).not.toBe(0);
    const tls = await on(
      'm11-k8s',
      `echo | openssl s_client -connect ${prefix}.11:2379 2>&1 | grep -c "Acceptable client certificate CA names"; curl -sk --max-time 5 https://${prefix}.11:2379/health; echo " curl=$?"`,
    );
    expect(tls.stdout).not.toContain('"health"');
    expect(tls.stdout).toMatch(/curl=(35|55|56)/);
  });

  it('runs a Deployment on several nodes; its Service answers everywhere, and pods reach each other', async () => {
    const yaml = readFileSync(join(ROOT, 'docs', 'hello.yml'), 'utf8');
    const applied = await kubectl('apply -f -', yaml);
    expect(applied.code, applied.stderr).toBe(0);
    const rollout = await kubectl('rollout status deployment/hello --timeout=180s');
    expect(rollout.code, rollout.stdout).toBe(0);
    const hosts = (await kubectl("get pods -l app=hello -o jsonpath='{.items[*].spec.nodeName}'")).stdout.trim().split(' ');
    expect(new Set(hosts).size).toBe(WORKERS);
    const clusterIp = (await kubectl("get service hello -o jsonpath='{.spec.clusterIP}'")).stdout.trim();
    for (const name of names) {
      // A node that is busy learns of a Service a moment after its pods are ready.
      const get = 'curl -s --retry 6 --retry-connrefused --max-time 5';
      const answers = await on(name, `${get} http://127.0.0.1:30080/; ${get} http://${clusterIp}/`);
      expect(answers.stdout.match(/hello-/g), name).toHaveLength(2);
    }
  });

  it('has pods that reach each other by name across nodes, as far as policies let them', async () => {
    expect((await kubectl('apply -f -', pods())).code).toBe(0);
    const rollout = await kubectl('rollout status statefulset/web --timeout=180s');
    expect(rollout.code, rollout.stdout + (await kubectl('get pods -A -o wide')).stdout).toBe(0);
    await podsReachEachOther();
    expect((await kubectl('apply -f -', policy(''))).code).toBe(0);
    await until('the policy blocks', 120, async () => !(await ask(0, 1)).includes('web-1'));
    expect((await kubectl('apply -f -', policy('{ from: [{ podSelector: { matchLabels: { app: web } } }] }'))).code).toBe(0);
    await podsReachEachOther();
    expect((await kubectl('delete networkpolicy web')).code).toBe(0);
  });

  it('takes every combination of settings of Calico in a dry run of the API server', async () => {
    const taken = await on('m11-k8s', 'sudo sh -s', dryRunProgram());
    expect(taken.stdout.trim().split('\n')).toEqual(DRY_RUNS.map(([name]) => `${name} ok`));
  });

  it('is saved as a snapshot', async () => {
    const saved = await run(['lab', 'snapshot', 'save', 'cluster'], true);
    expect(saved.code, saved.stderr).toBe(0);
    await allNodesReady();
  });

  it('does not import images again that the hosts have, though nothing is noted of them', async () => {
    await on('w101-k8s', 'sudo rm /var/lib/kubewright/images');
    const again = await provision('--limit', 'w101-k8s');
    expect(recapOf(again.stdout).get('w101-k8s')).toMatchObject({ changed: 0, failed: 0 });
  });

  it('restarts the members of a running etcd one by one', async () => {
    const changed = await provision('--tags', 'etcd', '-e', 'etcd_election_timeout=4500');
    expect(changed.code, changed.stdout.slice(-2000)).toBe(0);
    const masters = names.slice(0, MASTERS);
    expect(tasksThat('changed', changed.stdout)).toEqual(masters.flatMap((m) => [`${m} etcd/env`, `${m} etcd/service`]).sort());
    // Each was ready before the next one was stopped.
    const times = await Promise.all(
      masters.map(async (m) => {
        const shown = await on(m, 'systemctl show etcd -p ExecMainStartTimestampMonotonic -p ActiveEnterTimestampMonotonic');
        return (
          shown.stdout
            .match(/\d+/g)
            ?.map(Number)
            .sort((a, b) => a - b) ?? []
        );
      }),
    );
    times.sort(([a = 0], [b = 0]) => a - b);
    for (const [i, [, ready = 0]] of times.slice(0, -1).entries()) expect(times[i + 1]?.[0]).toBeGreaterThan(ready);
    const again = await provision('--tags', 'etcd', '-e', 'etcd_election_timeout=4500');
    for (const m of masters) expect(recapOf(again.stdout).get(m), m).toMatchObject({ changed: 0, failed: 0 });
  });

  it('applies a changed setting on a re-run, and only that', async () => {
    const changed = await provision('-e', 'kubelet_max_pods=99');
    expect(changed.code, changed.stdout.slice(-2000)).toBe(0);
    await until(
      'the kubelet reports its new limit',
      60,
      async () => (await kubectl("get node w101-k8s -o jsonpath='{.status.capacity.pods}'")).stdout.trim() === '99',
    );
    const back = await provision('-e', 'kubelet_max_pods=99');
    for (const name of names) expect(recapOf(back.stdout).get(name), name).toMatchObject({ changed: 0 });
  });

  it('comes back from its snapshot as it was saved', async () => {
    expect((await kubectl('create namespace later')).code).toBe(0);
    await restored();
    expect((await kubectl('get namespace later')).stderr).toContain('NotFound');
  });

  it('loses nothing when the first master is off, and recovers when it is back', async () => {
    expect((await run(['lab', 'stop', 'm11-k8s'])).code).toBe(0);
    // A kubelet may read its own node only.
    const own = 'sudo kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=10s get node w101-k8s';
    await until('the API answers through the load balancer of a worker', 300, async () => (await on('w101-k8s', own)).code === 0);
    const list = async () => (await on('m12-k8s', 'sudo kubectl --request-timeout=10s get nodes --no-headers')).stdout;
    await until('the stopped machine is seen as gone', 300, async () => /^m11-k8s +NotReady/m.test(await list()));
    const nodes = await list();
    say(`\n${nodes}`);
    for (const name of names.filter((n) => n !== 'm11-k8s')) expect(nodes).toMatch(new RegExp(`^${name} +Ready `, 'm'));
    expect((await on('w101-k8s', 'curl -s --max-time 5 http://127.0.0.1:30080/')).stdout).toMatch(/hello-/);

    const gone = await provision();
    expect(gone.code).toBe(3);
    expect(gone.stderr).toContain('m11-k8s');

    expect((await run(['lab', 'start', 'm11-k8s'])).code).toBe(0);
    await allNodesReady();
    const again = await provision();
    expect(again.code, again.stdout.slice(-2000)).toBe(0);
    for (const name of names) expect(recapOf(again.stdout).get(name), name).toMatchObject({ changed: 0, failed: 0 });
  });

  it('has pods that reach each other after a worker was off and on again', async () => {
    await restored();
    expect((await run(['lab', 'stop', 'w101-k8s'])).code).toBe(0);
    const stopped = Date.now() - 1000;
    expect((await run(['lab', 'start', 'w101-k8s'])).code).toBe(0);
    // So short an absence is not noticed: the node is Ready as before until its new kubelet says that it is not, and then that it is.
    await until('the new kubelet of w101-k8s is Ready', 300, async () => {
      const ready = '.status.conditions[?(@.type=="Ready")]';
      const said = await kubectl(`get node w101-k8s -o jsonpath='{${ready}.status} {${ready}.lastHeartbeatTime}'`);
      const [status, at = ''] = said.stdout.trim().split(' ');
      return status === 'True' && Date.parse(at) >= stopped;
    });
    await allNodesReady();
    await podsReachEachOther();
    const verified = await run(['verify', '-i', inventory, '--network'], true);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  });

  it('leaves nothing behind', async () => {
    expect((await run(['lab', 'down'])).code).toBe(0);
    const left = (): string[] => traces().filter((t) => !before.includes(t));
    await until('killed processes are gone', 20, async () => left().every((t) => !t.startsWith('process')));
    expect(left()).toEqual([]);
    expect(existsSync(inventory)).toBe(false);
    expect(existsSync(env.KUBEWRIGHT_LAB_DIR)).toBe(false);
  });
});
