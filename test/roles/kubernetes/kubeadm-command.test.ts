import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { initConfig } from '../../../src/kubeadm/build.js';
import { repeatable } from '../../../src/roles/kubernetes/join.js';
import { kubeadmOf } from '../../../src/roles/kubernetes/kubeadm-command.js';
import { kubeadmHost } from '../../../src/roles/kubernetes/kubeadm-host.js';
import { sh } from '../../../src/shell/shell.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-kubeadm-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A program that writes down how it was called. */
function program(name: string, body: string): void {
  mkdirSync(join(dir, 'bin'), { recursive: true });
  writeFileSync(join(dir, 'bin', name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(dir, 'bin', name), 0o755);
}

const context = (vars: Record<string, string>) => roleContext(sampleCluster({ vars }), 'm11-k8s');
const calls = (): string[] => readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n');

describe('kubeadm', () => {
  it('finds the kubelet beside it, wherever bin_dir is', () => {
    program('kubelet', 'echo Kubernetes v1.36.4');
    program('kubeadm', 'kubelet --version');
    const { host } = context({ bin_dir: join(dir, 'bin') });
    expect(execFileSync('sh', ['-euc', kubeadmOf(host).text], { encoding: 'utf8' })).toBe('Kubernetes v1.36.4\n');
  });

  it('passes over what an init that was cut off has left, and over nothing the first time', () => {
    program('kubeadm', `echo "$*" >> ${join(dir, 'calls')}; [ -e ${join(dir, 'works')} ]`);
    const bundled = context({ bin_dir: join(dir, 'bin'), kube_apiserver_port: '7443' });
    const ctx = { ...bundled, artifacts: { ...bundled.artifacts, offline: false } };
    const script = repeatable(ctx, join(dir, 'state/started'), sh`${kubeadmOf(ctx.host)} init`).text;
    expect(() => execFileSync('sh', ['-euc', script])).toThrow();
    writeFileSync(join(dir, 'works'), '');
    execFileSync('sh', ['-euc', script]);
    const [first, second] = calls();
    expect(first).toBe('init');
    expect(second).toMatch(
      /^init --ignore-preflight-errors=Port-7443,FileAvailable--etc-kubernetes-manifests-kube-apiserver\.yaml,/,
    );
  });

  it('asks a mirror for CoreDNS under the path that mirrors have', () => {
    const config = (vars: Record<string, string>) => initConfig(kubeadmHost(context(vars)));
    expect(config({ kube_image_repo: 'mirror.example.org/k8s' })).toContain(
      'dns:\n  imageRepository: mirror.example.org/k8s/coredns\n',
    );
    expect(config({})).not.toMatch(/^dns:/m);
    expect(config({ kube_image_repo: 'mirror.example.org/k8s', kube_version: '1.20.2' })).not.toContain('k8s/coredns');
  });
});
