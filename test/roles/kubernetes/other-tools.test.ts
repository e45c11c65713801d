import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { livingCluster } from '../../../src/cluster/living/living-cluster.js';
import type { VarValue } from '../../../src/inventory/model/values.js';
import { ROLES } from '../../../src/roles/registry.js';
import type { Shell } from '../../../src/shell/shell.js';
import type { Task } from '../../../src/tasks/task.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';
import { livingFacts } from '../../support/living.js';

/** Tasks on hosts that another tool, kubespray above all, has made nodes of a cluster: run in a directory in place of /. */
let root = '';
let children: ChildProcess[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kubewright-other-'));
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  rmSync(root, { recursive: true, force: true });
});

function task(host: string, role: string, id: string, vars: Readonly<Record<string, VarValue>> = {}): Task {
  const facts = livingFacts();
  const nodes = Object.fromEntries([...facts.keys()].map((name) => [name, { isNode: true }]));
  const living = livingCluster(facts);
  const found = ROLES.get(role)
    ?.tasks({ ...roleContext(sampleCluster({ vars }), host, { facts: nodes }), ...(living ? { living } : {}) })
    .find((t) => t.id === id);
  if (!found) throw new Error(`${role} has no task ${id} on ${host}`);
  return found;
}

/** Everything below /etc, /var and /usr/local in `root`, with the programs of `root`/bin before all others. */
function run({ text }: Shell): { ok: boolean; output: string } {
  const inRoot = text.replaceAll(/(?<![\w/.}])\/(etc|var|usr\/local)\//g, `${root}/$1/`);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `set -eu\n${inRoot}`], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${root}/bin:${process.env.PATH}` },
  });
  return { ok: status === 0, output: stdout + stderr };
}

function put(path: string, text: string, mode = 0o644): string {
  const whole = join(root, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  chmodSync(whole, mode);
  return whole;
}

describe('a node of another tool', () => {
  it('is not joined, and nothing says that it has the settings of the cluster', () => {
    put('etc/kubernetes/kubelet.conf', 'conf');
    put('var/lib/kubelet/config.yaml', 'kind: KubeletConfiguration\n');
    put('var/lib/kubelet/kubeadm-flags.env', 'KUBELET_KUBEADM_ARGS="--node-ip=192.168.1.14"\n');
    expect(run(task('w101-k8s', 'worker', 'node/join').check).ok).toBe(true);
    expect(run(task('w101-k8s', 'worker', 'node/kubelet-settings').check).ok).toBe(false);
  });

  it('is told from one whose join was cut off', () => {
    put('etc/kubernetes/kubelet.conf', 'conf');
    put('var/lib/kubewright/kubeadm/join-started', '');
    expect(run(task('w101-k8s', 'worker', 'node/join').check).ok).toBe(false);
    put('var/lib/kubewright/kubeadm/joined', '');
    expect(run(task('w101-k8s', 'worker', 'node/join').check).ok).toBe(true);
  });

  it('is a control plane whose manifests are still to be written', () => {
    put('etc/kubernetes/kubelet.conf', 'conf');
    put('etc/kubernetes/admin.conf', 'conf');
    put('etc/kubernetes/manifests/kube-apiserver.yaml', 'pod');
    expect(run(task('m11-k8s', 'control-plane', 'control-plane/init').check).ok).toBe(true);
    expect(run(task('m12-k8s', 'control-plane', 'node/join').check).ok).toBe(true);
    expect(run(task('m12-k8s', 'control-plane', 'control-plane/settings').check).ok).toBe(false);
    // One of ours that was cut off goes on.
    put('var/lib/kubewright/kubeadm/init-started', '');
    expect(run(task('m11-k8s', 'control-plane', 'control-plane/init').check).ok).toBe(false);
  });

  it.each([
    ['none', undefined],
    ['no arguments', 'KUBELET_KUBEADM_ARGS=""\n'],
    ['other arguments', 'KUBELET_KUBEADM_ARGS="--hostname-override=w101-k8s --v=3"\n'],
  ])('keeps its address, which its own unit of the kubelet named: %s', (_, flags) => {
    const path = join(root, 'var/lib/kubelet/kubeadm-flags.env');
    put('var/lib/kubelet/config.yaml', 'kind: KubeletConfiguration\n');
    put('etc/kubernetes/kubelet.conf', 'conf');
    mkdirSync(join(root, 'var/lib/kubewright/kubeadm'), { recursive: true });
    if (flags !== undefined) writeFileSync(path, flags);
    for (const program of ['kubectl', 'kubeadm']) put(`usr/local/bin/${program}`, '#!/bin/sh\n', 0o755);
    const settings = task('w101-k8s', 'worker', 'node/kubelet-settings');
    for (let i = 0; i < 2; i++) {
      const applied = run(settings.apply);
      expect(applied.ok, applied.output).toBe(true);
    }
    expect(run(settings.check).ok).toBe(true);
    const [, args = ''] = /^KUBELET_KUBEADM_ARGS="(.*)"\n$/.exec(readFileSync(path, 'utf8')) ?? [];
    expect(args.trim()).toBe(
      flags?.includes('--v=3') ? '--node-ip=192.168.1.14 --hostname-override=w101-k8s --v=3' : '--node-ip=192.168.1.14',
    );
  });
});

describe('a kubelet whose configuration is elsewhere', () => {
  const KUBEADM = 'kind: KubeletConfiguration\nclusterDomain: cluster.local\n';

  /** @param wanted what the cluster has for all kubelets. @param own the kubelet runs with it; undefined: with kubeadm's. @param vars settings. */
  function drains(wanted: string, own: string | undefined, vars: Readonly<Record<string, VarValue>> = {}): boolean {
    put('var/lib/kubelet/config.yaml', KUBEADM);
    const config = own === undefined ? join(root, 'var/lib/kubelet/config.yaml') : put('etc/kubernetes/kubelet-config.yaml', own);
    const kubelet = spawn('sh', ['-c', 'sleep 60; :', 'kubelet', '--v=2', `--config=${config}`, '--x']);
    children.push(kubelet);
    put('bin/systemctl', `#!/bin/sh\necho MainPID=${kubelet.pid}\n`, 0o755);
    put('usr/local/bin/kubectl', `#!/bin/sh\nprintf '%s' '${wanted}'\n`, 0o755);
    return !run(task('w101-k8s', 'worker', 'node/drain', vars).check).ok;
  }

  it('is not drained for what it runs with already, nor for a default that is written or not', () => {
    expect(drains(`${KUBEADM}maxPods: 110\n`, `${KUBEADM}maxPods: 110\n`)).toBe(false);
    expect(drains(`${KUBEADM}maxPods: 110\n`, KUBEADM)).toBe(false);
    expect(drains(KUBEADM, `${KUBEADM}maxPods: 110\n`)).toBe(false);
    expect(drains(`${KUBEADM}maxPods: 250\n`, `${KUBEADM}maxPods: 250\n`, { kubelet_max_pods: 250 })).toBe(false);
  });

  it('is not drained, nor said to be, for what the cluster does not have yet but it has itself, in another order', () => {
    const extra = { imageGCHighThresholdPercent: 100, evictionHard: { 'nodefs.available': '1%', 'imagefs.available': '1%' } };
    const own = `${KUBEADM}maxPods: 50\nevictionHard:\n  imagefs.available: 1%\n  nodefs.available: 1%\neventRecordQPS: 50\n`;
    expect(drains(KUBEADM, own, { kubelet_max_pods: 50, kubelet_config_extra_args: extra })).toBe(false);
    expect(drains(KUBEADM, own, { kubelet_max_pods: 51, kubelet_config_extra_args: extra })).toBe(true);
  });

  it('is drained for what changes', () => {
    expect(drains(`${KUBEADM}maxPods: 110\n`, `${KUBEADM}maxPods: 250\n`)).toBe(true);
    expect(drains(`${KUBEADM}maxPods: 50\n`, undefined, { kubelet_max_pods: 50 })).toBe(true);
    expect(drains(KUBEADM, `${KUBEADM}kubeReserved:\n  cpu: 100m\n`)).toBe(true);
  });
});

describe('the files of etcd that another tool made', () => {
  it.skipIf(process.getuid?.() !== 0)(
    "are root's from then on: kubespray gives all of them to a user etcd, with the key of the authority (needs root)",
    () => {
      const made = spawnSync(
        'sh',
        [
          '-ec',
          `mkdir -p etc/ssl/etcd/ssl; cd etc/ssl/etcd/ssl
        openssl genrsa -out ca-key.pem 2048
        openssl req -x509 -new -nodes -key ca-key.pem -days 36500 -out ca.pem -subj /CN=etcd-ca
        cp ca.pem was.pem; chmod 0700 *.pem; chown nobody *.pem`,
        ],
        { cwd: root, encoding: 'utf8' },
      );
      expect(made.status, made.stderr).toBe(0);
      const ca = task('m11-k8s', 'etcd-certs', 'etcd-certs/ca');
      expect(run(ca.check).ok).toBe(false);
      run(ca.apply);
      expect(run(ca.check).ok).toBe(true);
      expect(readFileSync(join(root, 'etc/ssl/etcd/ssl/ca.pem'), 'utf8')).toBe(
        readFileSync(join(root, 'etc/ssl/etcd/ssl/was.pem'), 'utf8'),
      );
    },
  );

  it('keep a key in any form, but for the one that kubeadm hands over: a member reads it at each handshake', () => {
    const pem = spawnSync('openssl', ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], {
      encoding: 'utf8',
    }).stdout;
    expect(pem).toContain('-----BEGIN PRIVATE KEY-----');
    for (const [kind, path, same] of [
      ['member', 'etc/ssl/etcd/ssl/member-m11-k8s-key.pem', true],
      ['admin', 'etc/ssl/etcd/ssl/admin-m11-k8s-key.pem', true],
      ['apiserver', 'etc/kubernetes/pki/apiserver-etcd-client.key', false],
    ] as const) {
      const whole = put(path, pem, 0o600);
      const key = task('m11-k8s', 'etcd-certs', `etcd-certs/key-${kind}`);
      expect(run(key.check).ok, kind).toBe(same);
      const applied = run(key.apply);
      expect(applied.ok, applied.output).toBe(true);
      expect(readFileSync(whole, 'utf8') === pem, kind).toBe(same);
    }
  });
});
