import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, FILE_TREE, freePrefix, missingForLab, ROOT, recapOf, say, tasksThat, traces, until } from '../../support/lab.js';
import { ProcWatch, type Watched } from '../../support/proc-watch.js';

/** A lab of its own, apart from anything else on this machine: own state, subnet, inventory and home. */
const MASTERS = 3;
const WORKERS = 2;
const dir = mkdtempSync(join(tmpdir(), 'kubewright-lab-'));
const inventory = join(dir, 'inventory', 'hosts.ini');
const bundle =
  process.env.KUBEWRIGHT_TEST_BUNDLE ?? join(process.env.KUBEWRIGHT_CACHE ?? '/var/cache/kubewright', 'bundle', 'debian-1.20.2');
const env = { HOME: join(dir, 'home'), KUBEWRIGHT_LAB_DIR: '/var/lib/kubewright/lab-test', NO_COLOR: '1' };
const names = [
  ...Array.from({ length: MASTERS }, (_, i) => `m1${i + 1}-k8s`),
  ...Array.from({ length: WORKERS }, (_, i) => `w10${i + 1}-k8s`),
];
/** How private keys of any kind begin in base64, as kubeconfigs hold them. */
const privateInBase64 = ['', 'RSA ', 'EC ', 'OPENSSH '].map((kind) =>
  Buffer.from(`-----BEGIN ${kind}PRIVATE KEY`).toString('base64').slice(0, 24),
);
const reason = missingForLab();

const run = (args: readonly string[], echo = false) => cli(args, { env, cwd: dir, echo });
const on = (host: string, command: string) => run(['lab', 'ssh', host, '--', command]);
const kubectl = (command: string, host = 'm11-k8s') => on(host, `sudo kubectl ${command}`);
const provision = (...more: string[]) => run(['provision', '-i', inventory, '--json', ...more]);

describe.skipIf(reason)(`a cluster on lab machines${reason ? ` (${reason})` : ''}`, () => {
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

  it('has a bundle to install', async () => {
    const built = await run(['bundle', 'build', '--from', 'debian', '-o', bundle], true);
    expect(built.code, built.stderr).toBe(0);
    const verified = await run(['bundle', 'verify', bundle]);
    expect(verified.code, verified.stdout).toBe(0);
  });

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
    const second = await run(up);
    expect(second.code, second.stderr).toBe(0);
    const status = await run(['lab', 'status']);
    for (const name of names) expect(status.stdout).toMatch(new RegExp(`${name} .*running`));
  });

  it('reports wrong passwords and closed ports of all hosts at once, and touches none', async () => {
    const wrong = await provision('-e', 'ansible_password=wrong');
    expect(wrong.code).toBe(3);
    // Hosts with the same trouble share a paragraph.
    expect(wrong.stderr).toMatch(/^error: m11…m13-k8s, w101-k8s, w102-k8s \(5\): The host refuses the login of vagrant/);
    const refused = await provision('-e', 'ansible_port=9');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/^error: m11…m13-k8s, w101-k8s, w102-k8s \(5\): The host refuses connections/);
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
    for (const name of names) expect(nodes.stdout).toMatch(new RegExp(`^${name} +Ready `, 'm'));
    expect(readFileSync(join(dir, 'inventory', 'artifacts', 'admin.conf'), 'utf8')).toContain(
      `server: https://${prefix}.11:6443`,
    );
  });

  it('changes nothing when it runs again, and announces nothing in check mode', async () => {
    const again = await provision();
    expect(again.code, again.stderr).toBe(0);
    const recap = recapOf(again.stdout);
    for (const name of names) expect(recap.get(name), name).toMatchObject({ changed: 0, failed: 0, unreachable: false });
    // Only the order of an installation: the other playbooks do something each time, such as a reset.
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

  it('restarts the members of a running etcd one by one', async () => {
    const changed = await provision('--tags', 'etcd', '-e', 'etcd_election_timeout=4500');
    expect(changed.code, changed.stdout.slice(-2000)).toBe(0);
    const masters = names.slice(0, MASTERS);
    // Kubernetes 1.20.2 has API servers that leave who watches Services in silence then: those that do are restarted.
    const done = tasksThat('changed', changed.stdout);
    expect(done.filter((t) => !t.includes('api-watches/'))).toEqual(
      masters.flatMap((m) => [`${m} etcd/env`, `${m} etcd/service`]).sort(),
    );
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
    expect((await provision('--tags', 'etcd')).code).toBe(0);
    const third = await provision('--tags', 'etcd');
    for (const m of masters) expect(recapOf(third.stdout).get(m), m).toMatchObject({ changed: 0, failed: 0 });
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
    const applied = await cli(['lab', 'ssh', 'm11-k8s', '--', 'sudo kubectl apply -f -'], { env, cwd: dir, input: yaml });
    expect(applied.code, applied.stderr).toBe(0);
    const rollout = await kubectl('rollout status deployment/hello --timeout=180s');
    expect(rollout.code, rollout.stdout).toBe(0);
    const pods = (
      await kubectl(
        'get pods -l app=hello -o jsonpath=\'{range .items[*]}{.metadata.name} {.status.podIP} {.spec.nodeName}{"\\n"}{end}\'',
      )
    ).stdout
      .trim()
      .split('\n')
      .map((l) => l.split(' '));
    expect(new Set(pods.map((p) => p[2])).size).toBe(WORKERS);
    const clusterIp = (await kubectl("get service hello -o jsonpath='{.spec.clusterIP}'")).stdout.trim();
    for (const name of names) {
      // A node that is busy learns of a Service a moment after its pods are ready.
      const get = 'curl -s --retry 6 --retry-connrefused --max-time 5';
      const answers = await on(name, `${get} http://127.0.0.1:30080/; ${get} http://${clusterIp}/`);
      expect(answers.stdout.match(/hello-/g), name).toHaveLength(2);
    }
    const [from] = pods.find((p) => p[2] === 'w101-k8s') ?? [];
    const [to, address] = pods.find((p) => p[2] === 'w102-k8s') ?? [];
    const reached = await kubectl(`exec ${from} -- timeout 5 wget -qO- http://${address}:8080/`);
    expect(reached.stdout.trim()).toBe(to);
  });

  it('loses nothing when the first master is off, and recovers when it is back', async () => {
    expect((await run(['lab', 'stop', 'm11-k8s'])).code).toBe(0);
    const through = (command: string) =>
      on('w101-k8s', `sudo kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout=10s ${command}`);
    await until('the API answers through the load balancer of a worker', 60, async () => (await through('get nodes')).code === 0);
    await until('the stopped machine is seen as gone', 120, async () =>
      /^m11-k8s +NotReady/m.test((await through('get nodes --no-headers')).stdout),
    );
    const nodes = (await through('get nodes --no-headers')).stdout;
    say(`\n${nodes}`);
    for (const name of names.filter((n) => n !== 'm11-k8s')) expect(nodes).toMatch(new RegExp(`^${name} +Ready `, 'm'));
    expect((await on('w102-k8s', 'curl -s --max-time 5 http://127.0.0.1:30080/')).stdout).toMatch(/hello-/);

    const gone = await provision();
    expect(gone.code).toBe(3);
    expect(gone.stderr).toContain('m11-k8s');

    expect((await run(['lab', 'start', 'm11-k8s'])).code).toBe(0);
    await until('every node is Ready again', 180, async () => {
      const text = (await kubectl('get nodes --no-headers')).stdout;
      return names.every((n) => new RegExp(`^${n} +Ready `, 'm').test(text));
    });
    const again = await provision();
    expect(again.code, again.stdout.slice(-2000)).toBe(0);
    for (const name of names) expect(recapOf(again.stdout).get(name), name).toMatchObject({ changed: 0, failed: 0 });
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

  it('leaves nothing behind', async () => {
    expect((await run(['lab', 'down'])).code).toBe(0);
    const left = (): string[] => traces().filter((t) => !before.includes(t));
    await until('killed processes are gone', 20, async () => left().every((t) => !t.startsWith('process')));
    expect(left()).toEqual([]);
    expect(existsSync(inventory)).toBe(false);
    expect(existsSync(env.KUBEWRIGHT_LAB_DIR)).toBe(false);
  });
});
