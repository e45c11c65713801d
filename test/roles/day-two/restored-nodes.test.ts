import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { nameTheseHosts } from '../../../src/roles/day-two/etcd/new-hosts.js';
import { registerNodes } from '../../../src/roles/day-two/etcd/register.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const root = mkdtempSync(join(tmpdir(), 'kubewright-restored-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let dir = root;
let tries = 0;

function program(name: string, text: string): void {
  writeFileSync(join(dir, name), `#!/bin/sh\necho "${name} $*" >> ${dir}/log\n${text}\n`);
  chmodSync(join(dir, name), 0o755);
}

function run(text: string) {
  const made = spawnSync('sh', ['-eu', '-c', text.replaceAll('/etc/kubernetes/', `${dir}/`)], {
    encoding: 'utf8',
    env: { PATH: `${dir}:${process.env.PATH}`, KW_DIR: dir, KW_N: '1' },
  });
  return { status: made.status, stdout: made.stdout, log: existsSync(`${dir}/log`) ? readFileSync(`${dir}/log`, 'utf8') : '' };
}

beforeEach(() => {
  dir = join(root, String(++tries));
  mkdirSync(dir);
});

describe('a node after a restore', () => {
  const register = (name: string) => registerNodes.tasks(roleContext(sampleCluster({ vars: { bin_dir: dir } }), name))[0];
  const MISSING = `if [ -e ${'$0'}.registered ]; then echo node/x; else echo 'Error from server (NotFound): nodes "x" not found' >&2; exit 1; fi`;

  it('registers by one restart of its kubelet where the snapshot does not have it', () => {
    program('kubectl', MISSING);
    program('systemctl', `: > ${dir}/kubectl.registered`);
    const task = register('w101-k8s');
    expect(run(task?.check.text ?? '').status).toBe(1);
    const made = run(task?.apply.text ?? '');
    expect(made.status).toBe(0);
    expect(made.log.match(/^systemctl restart kubelet.service$/gm)).toHaveLength(1);
    expect(run(task?.check.text ?? '').status).toBe(0);
  });

  it('keeps its kubelet where the API only needs a moment', () => {
    program('kubectl', `[ -e ${dir}/up ] || { : > ${dir}/up; echo 'connection refused' >&2; exit 1; }`);
    program('systemctl', ':');
    expect(run(register('w101-k8s')?.apply.text ?? '')).toMatchObject({
      status: 0,
      log: expect.not.stringContaining('systemctl'),
    });
  });
});

describe('a control plane after a restore', () => {
  const mark = () => {
    const tasks = registerNodes.tasks(roleContext(sampleCluster({ vars: { bin_dir: dir } }), 'm12-k8s'));
    return tasks.find((t) => t.id === 'etcd-restore/mark');
  };

  it('is marked by kubeadm, with the taints of its configuration, where its node is a new one', () => {
    program('kubectl', `[ ! -e ${dir}/marked ] || case "$*" in *control-plane*) echo node/m12-k8s ;; esac`);
    program('kubeadm', `: > ${dir}/marked`);
    writeFileSync(join(dir, 'kubeadm-config.yaml'), 'kind: InitConfiguration\n');
    expect(run(mark()?.check.text ?? '').status).toBe(1);
    expect(run(mark()?.apply.text ?? '').log).toMatch(/kubeadm init phase mark-control-plane --config/);
    expect(run(mark()?.check.text ?? '').status).toBe(0);
  });

  it('is left as it is where the snapshot has its node, by the label of older versions too, or where nothing says how', () => {
    program('kubectl', 'case "$*" in *node-role.kubernetes.io/master*) echo node/m12-k8s ;; esac');
    expect(run(mark()?.check.text ?? '').status).toBe(0);
    writeFileSync(join(dir, 'kubeadm-config.yaml'), 'kind: InitConfiguration\n');
    expect(run(mark()?.check.text ?? '').status).toBe(0);
  });

  it('is not asked for on workers', () => {
    const tasks = registerNodes.tasks(roleContext(sampleCluster({ vars: { bin_dir: dir } }), 'w101-k8s'));
    expect(tasks.map((t) => t.id)).toEqual(['etcd-restore/register']);
  });
});

describe('what the cluster says about its hosts after a restore', () => {
  const cluster = () => sampleCluster({ vars: { bin_dir: dir } });
  const kubectl = (endpoint: string): void =>
    program(
      'kubectl',
      `case "$*" in
  *kubeadm-config*) printf 'clusterName: kubernetes\\ncontrolPlaneEndpoint: ${endpoint}\\n' ;;
  *'get configmap cluster-info'*) printf '    - cluster:\\n        server: https://${endpoint}\\n' ;;
  *replace*) cat > ${dir}/cluster-info ;;
esac`,
    );
  const apply = () => run(nameTheseHosts(roleContext(cluster(), 'm11-k8s')).apply.text);

  it('stays where it names one of them, the first or another', () => {
    program('kubeadm', ':');
    for (const endpoint of ['192.168.1.11:6443', '192.168.1.13:6443', '']) {
      kubectl(endpoint);
      expect(apply()).toMatchObject({ status: 0, log: expect.not.stringContaining('kubeadm init') });
    }
  });

  it('is written again where it names others', () => {
    program('kubeadm', ':');
    kubectl('10.9.9.9:6443');
    writeFileSync(join(dir, 'kubeadm-config.yaml'), 'controlPlaneEndpoint: "192.168.1.11:6443"\n');
    const made = apply();
    expect(made).toMatchObject({ status: 0, stdout: expect.stringContaining('they name 10.9.9.9:6443') });
    expect(made.log).toMatch(/kubeadm init phase upload-config kubeadm --config/);
    expect(readFileSync(join(dir, 'cluster-info'), 'utf8')).toContain('server: https://192.168.1.11:6443\n');
  });

  it('stays, with a word, where this host has another configuration, or none', () => {
    program('kubeadm', ':');
    kubectl('10.9.9.9:6443');
    const made = apply();
    expect(made).toMatchObject({ status: 0, stdout: expect.stringContaining('still name another endpoint') });
    expect(made.log).not.toContain('kubeadm init');
  });
});
