import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applySettings } from '../../../src/roles/kubernetes/control-plane-settings.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

/** A control plane in a directory in place of /: kubeadm writes the manifests that `wanted` has. */
let box: string;
const at = (...path: string[]): string => join(box, ...path);

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
  chmodSync(at(path), mode);
}

function program(path: string, text: string): void {
  put(path, `#!/bin/sh\n${text}\n`, 0o755);
}

beforeEach(() => {
  box = mkdtempSync(join(tmpdir(), 'kw-settings-'));
  const log = `echo "\${0##*/} $*" >> ${at('log')}`;
  program(
    'bin/systemctl',
    `${log}; case "$*" in
      'stop kubelet.service') touch ${at('no-kubelet')} ;;
      'start kubelet.service') rm ${at('no-kubelet')}; mkdir -p ${at('proc/8')}; echo kube-apiserver > ${at('proc/8/comm')} ;;
    esac`,
  );
  program('bin/systemd-run', `${log.replace(' $*', '')}`);
  program('bin/sleep', log);
  program('bin/unshare', `shift; PRIVATE=yes "$@"; rc=$?; rm -f ${at('bound')}; exit $rc`);
  program('bin/mount', `[ ! -e ${at('no-mount')} ] && [ $3 = ${at('etc/kubernetes/manifests')} ] && echo "$2" > ${at('bound')}`);
  // The kubelet restarts what ends, unless it was stopped.
  program(
    'usr/crictl',
    `case $1 in ps) [ ! -e ${at('proc/7')} ] || echo one ;; stop) ${log}; rm -rf ${at('proc/7')}; [ -e ${at('no-kubelet')} ] || { mkdir -p ${at('proc/8')}; echo kube-apiserver > ${at('proc/8/comm')}; } ;; esac`,
  );
  program(
    'usr/kubectl',
    `case "$*" in
      *https://192.168.1.1[13]:6443*) [ -e ${at('alone')} ] || echo ok ;;
      *https://192.168.1.12:6443*) [ -e ${at('proc/8')} ] && [ -e ${at('broken-server')} ] || [ -e ${at('no-kubelet')} ] || echo ok ;;
      *--server*) ;;
      # A load balancer, which finds another one.
      *) echo ok ;;
    esac`,
  );
  program(
    'usr/kubeadm',
    `dir=${at('etc/kubernetes/manifests')}
    if [ -n "\${PRIVATE-}" ]; then dir=$(cat ${at('bound')}); else ${log.replace('$*', '$4')}; [ ! -e ${at('broken')} ] || exit 1; fi
    case "$*" in
      *control-plane\\ all*) cp ${at('wanted')}/* "$dir" ;;
      *control-plane\\ apiserver*) cp ${at('wanted/kube-apiserver.yaml')} "$dir" ;;
    esac`,
  );
  put('proc/7/comm', 'kube-apiserver');
  put('var/lib/kubewright/kubeadm/settings', 'old');
  for (const name of ['kube-apiserver', 'kube-scheduler']) {
    put(`etc/kubernetes/manifests/${name}.yaml`, 'old');
    put(`wanted/${name}.yaml`, 'old');
  }
});
afterEach(() => rmSync(box, { recursive: true, force: true }));

interface Happened {
  readonly ok: boolean;
  readonly log: readonly string[];
}

/** What happens in this order when the settings of the second control plane, or of the only one, are applied. */
function applied(masters = 3, says = ''): Happened {
  const host = masters > 1 ? 'm12-k8s' : 'm11-k8s';
  const cluster = sampleCluster({ masters, vars: { bin_dir: at('usr') } });
  // What is uploaded is another matter.
  const { text } = applySettings(roleContext(cluster, host), 'config', '/etc/kubernetes/kubeadm-config.yaml', true).apply;
  const inBox = text.replaceAll(/(?<![\w/.}])\/(etc|var|proc)\//g, `${box}/$1/`);
  const { status, stderr } = spawnSync('sh', ['-euc', inBox], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${at('usr')}:${at('bin')}:${process.env.PATH}` },
  });
  expect(stderr).toBe(says);
  return { ok: status === 0, log: existsSync(at('log')) ? readFileSync(at('log'), 'utf8').trim().split('\n') : [] };
}

const END = [
  'systemctl stop kubewright-kubelet.timer',
  'systemd-run',
  'systemctl stop kubelet.service',
  'crictl stop -t 5 one',
  'sleep 6',
];
const START = ['systemctl start kubelet.service', 'systemctl stop kubewright-kubelet.timer'];
const QUICK = ['kubeadm all', 'sleep 1', 'crictl stop -t 5 one'];
const manifest = (name: string): string => readFileSync(at(`etc/kubernetes/manifests/${name}.yaml`), 'utf8');

describe('changed settings of a control plane', () => {
  it('let load balancers miss the API server before it comes back with its new manifest', () => {
    put('wanted/kube-apiserver.yaml', 'new');
    put('wanted/kube-scheduler.yaml', 'new');
    expect(applied()).toEqual({ ok: true, log: [...END, 'kubeadm apiserver', ...START, 'kubeadm all'] });
    expect([manifest('kube-apiserver'), manifest('kube-scheduler')]).toEqual(['new', 'new']);
  });

  it('of other components leave the kubelet and the API server alone', () => {
    put('wanted/kube-scheduler.yaml', 'new');
    expect(applied()).toEqual({ ok: true, log: ['kubeadm all'] });
    expect(manifest('kube-scheduler')).toBe('new');
  });

  it.each([
    ['no other one is ready at that moment', 'alone'],
    ['it cannot be seen before that the manifest changes', 'no-mount'],
  ])('restart the API server as quickly as they can where %s', (_, file) => {
    put('wanted/kube-apiserver.yaml', 'new');
    put(file, '');
    expect(applied()).toEqual({ ok: true, log: QUICK });
  });

  it('restart the only API server of a cluster as quickly as they can', () => {
    put('wanted/kube-apiserver.yaml', 'new');
    expect(applied(1)).toEqual({ ok: true, log: QUICK });
  });

  it.each(['', 'alone'])('are not applied before the own API server is ready again, whatever others say %s', (file) => {
    put('wanted/kube-apiserver.yaml', 'new');
    put('broken-server', '');
    if (file) put(file, '');
    expect(applied(3, 'the API server is not ready\n').ok).toBe(false);
  });

  it('start the kubelet again where kubeadm fails', () => {
    put('wanted/kube-apiserver.yaml', 'new');
    put('broken', '');
    expect(applied()).toEqual({ ok: false, log: [...END, 'kubeadm apiserver', ...START] });
  });
});
