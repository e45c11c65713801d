import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { layOut, missingForDownloads, pushImages, type Registry, serveFiles, startRegistry } from '../../support/downloads.js';
import { cli, freePrefix, missingForLab, recapOf, say, tasksThat } from '../../support/lab.js';
import { BUILD_TIMEOUT, ensureBundle, GO_BUNDLE, missingForGoBundle } from '../../support/lab-bundles.js';

/**
 * The path that most users take: nodes download release files and pull images by themselves, and kubeadm checks the hosts. The files
 * come from a mirror with the official layout, the images from registries: one plain, one with a password and a CA of its own.
 * What has gone wrong on that path is tried on the way: binaries elsewhere, a mirror of the Kubernetes images, an init that was cut off.
 */
const dir = mkdtempSync(join(tmpdir(), 'kubewright-downloaded-'));
const inventory = join(dir, 'inventory', 'hosts.ini');
const env = { HOME: join(dir, 'home'), KUBEWRIGHT_LAB_DIR: '/var/lib/kubewright/lab-downloaded', NO_COLOR: '1' };
const names = ['m11-k8s', 'w101-k8s'];
const login = { user: 'lab', password: 'in-the-lab' };
const CA = '/etc/ssl/registry-of-the-lab.pem';
const reason =
  missingForLab() ??
  (process.env.KUBEWRIGHT_TEST_DOWNLOADS === undefined ? 'takes minutes: set KUBEWRIGHT_TEST_DOWNLOADS' : undefined) ??
  missingForDownloads() ??
  (await missingForGoBundle());

const run = (args: readonly string[], o: { echo?: boolean; input?: string } = {}) => cli(args, { env, cwd: dir, ...o });
const on = (host: string, command: string, input?: string) => run(['lab', 'ssh', host, '--', command], { input });
const provision = () => run(['provision', '-i', inventory, '--json']);

/** Kills kubeadm on a host as soon as it has written the manifests, and says whether it did. */
function cutOff(host: string): Promise<{ stdout: string }> {
  const manifest = '/etc/kubernetes/manifests/kube-scheduler.yaml';
  return on(
    host,
    `for i in $(seq 6000); do if sudo test -s ${manifest}; then sudo pkill -KILL -x kubeadm && echo killed; exit; fi; sleep 0.1; done`,
  );
}

describe.skipIf(reason)(`a cluster that downloads${reason ? ` (${reason})` : ''}`, () => {
  let files: Awaited<ReturnType<typeof serveFiles>> | undefined;
  const registries: Registry[] = [];

  beforeAll(async () => {
    await run(['lab', 'down']);
    await ensureBundle(GO_BUNDLE);
    const prefix = await freePrefix();
    const up = ['lab', 'up', '--masters', '1', '--workers', '1', '--subnet', `${prefix}.0/24`, '--source', 'none'];
    const made = await run([...up, '--inventory-dir', join(dir, 'inventory')], { echo: true });
    expect(made.code, made.stderr).toBe(0);

    const gateway = `${prefix}.1`;
    const settings = layOut(GO_BUNDLE, join(dir, 'files'));
    files = await serveFiles(join(dir, 'files'), gateway);
    const plain = await startRegistry(join(dir, 'plain'), gateway, 5000);
    const secret = await startRegistry(join(dir, 'secret'), gateway, 5443, login);
    registries.push(plain, secret);
    const pushed = [
      // The catalogue's HAProxy is a newer one.
      ...(await pushImages(GO_BUNDLE, plain, (ref) =>
        ref.startsWith('registry.k8s.io/')
          ? ref.replace('registry.k8s.io/', 'k8s/')
          : ref.includes('/haproxy:')
            ? 'library/haproxy:3.2.19-alpine'
            : undefined,
      )),
      ...(await pushImages(GO_BUNDLE, secret, (ref) => (ref.startsWith('quay.io/') ? ref.replace('quay.io/', '') : undefined))),
    ];
    say(`in the registries: ${pushed.join(', ')}`);
    for (const name of names) {
      const copied = await on(name, `sudo tee ${CA} > /dev/null`, readFileSync(join(dir, 'secret/ca.pem'), 'utf8'));
      expect(copied.code).toBe(0);
    }
    const vars = {
      ...settings,
      files_repo: files.url,
      bin_dir: '/opt/kube/bin',
      kube_image_repo: 'mirror.example.org/k8s',
      loadbalancer_apiserver_type: 'haproxy',
      containerd_registries_mirrors: [
        ...['mirror.example.org', 'docker.io'].map((p) => ({ prefix: p, mirrors: [{ host: `http://${plain.name}` }] })),
        { prefix: 'quay.io', mirrors: [{ host: `https://${secret.name}`, ca: CA }] },
      ],
      containerd_registry_auth: [{ registry: secret.name, username: login.user, password: login.password }],
    };
    mkdirSync(join(dir, 'inventory/group_vars/all'), { recursive: true });
    writeFileSync(join(dir, 'inventory/group_vars/all/downloads.yml'), stringify(vars));
  }, BUILD_TIMEOUT);

  afterAll(async () => {
    files?.server.close();
    for (const { child } of registries) child.kill();
    await run(['lab', 'down']);
    rmSync(dir, { recursive: true, force: true });
  });

  it('is described by a valid inventory', async () => {
    const validated = await run(['inventory', 'validate', '-i', inventory]);
    expect(validated.code, validated.stdout + validated.stderr).toBe(0);
  });

  it('is told what failed when its init is cut off', async () => {
    const [killed, cut] = await Promise.all([cutOff('m11-k8s'), provision()]);
    expect(cut.code, cut.stdout.slice(-3000) + cut.stderr).toBe(1);
    expect(killed.stdout).toBe('killed\n');
    expect(tasksThat('failed', cut.stdout)).toEqual(['m11-k8s control-plane/init']);
  });

  it('goes on where it was, has every node Ready, and changes nothing when it runs again', async () => {
    const result = await run(['provision', '-i', inventory, '--plain'], { echo: true });
    expect(result.code, result.stdout.slice(-3000) + result.stderr).toBe(0);
    const again = await provision();
    expect(tasksThat('changed', again.stdout)).toEqual([]);
    for (const name of names) expect(recapOf(again.stdout).get(name), name).toMatchObject({ changed: 0, failed: 0 });
    const nodes = await on(
      'm11-k8s',
      'sudo /opt/kube/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes --no-headers',
    );
    for (const name of names) expect(nodes.stdout).toMatch(new RegExp(`^${name} +Ready `, 'm'));
  });

  it('works in every respect that verify tests', async () => {
    const verified = await run(['verify', '-i', inventory], { echo: true });
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  });

  it('names an image that does not exist at once, and is well again with the right one', async () => {
    const wrong = await run(['provision', '-i', inventory, '--plain', '-e', 'quay_image_repo=mirror.example.org/wrong'], {
      echo: true,
    });
    expect(wrong.code).toBe(1);
    const failure = wrong.stdout.slice(wrong.stdout.indexOf('FAILURES')).split('\n').slice(1, 5).join('\n');
    expect(failure, wrong.stdout.slice(-3000)).toMatch(/its image does not exist: .*mirror\.example\.org\/wrong\/calico\//);
    const right = await run(['provision', '-i', inventory, '--plain'], { echo: true });
    expect(right.code, right.stdout.slice(-3000)).toBe(0);
  });

  it('has nothing from anywhere else, and its password in no journal', async () => {
    const images = await on(
      'w101-k8s',
      'sudo /opt/kube/bin/crictl --runtime-endpoint unix:///run/containerd/containerd.sock images -o json',
    );
    const tags: string[] = JSON.parse(images.stdout).images.flatMap((i: { repoTags: string[] }) => i.repoTags);
    expect(tags.filter((t) => t.startsWith('registry.k8s.io/'))).toEqual([]);
    expect(tags.filter((t) => t.startsWith('quay.io/calico/')).length).toBeGreaterThan(1);
    const encoded = Buffer.from(`${login.user}:${login.password}`).toString('base64');
    const found = spawnSync('grep', ['-rl', '-e', login.password, '-e', encoded, join(dir, '.kubewright/runs')], {
      encoding: 'utf8',
    });
    expect(found.stdout).toBe('');
  });
});
