import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { restartKubelet } from '../../../src/roles/day-two/upgrade/node.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

let box: string;
const at = (...path: string[]): string => join(box, ...path);

function program(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

beforeEach(() => {
  box = mkdtempSync(join(tmpdir(), 'kw-kubelet-'));
  const log = `echo "\${0##*/} $*" >> ${at('log')}`;
  program(at('bin/systemctl'), `case $1 in show) echo MainPID=7 ;; is-active) ;; *) ${log} ;; esac`);
  program(at('bin/systemd-run'), `${log}; [ ! -e ${at('no-net')} ]`);
  program(at('usr/crictl'), `case $1 in ps) echo one ;; *) ${log}; [ ! -e ${at('broken')} ] ;; esac`);
  program(at('usr/kubectl'), `case "$*" in *https://192.168.1.13:6443*) [ -e ${at('alone')} ] || echo ok ;; *) exit 1 ;; esac`);
  program(at('bin/sleep'), log);
  program(at('bin/curl'), 'exit 0');
});
afterEach(() => rmSync(box, { recursive: true, force: true }));

/** What happens in this order when the kubelet of a host that runs `from` gets 1.36.4. */
function happens(host: string, o: { readonly from: string; readonly masters?: number }): string[] {
  program(at('proc/7/exe'), `echo "Kubernetes v${o.from}"`);
  const cluster = sampleCluster({ masters: o.masters ?? 3, vars: { kube_version: '1.36.4', bin_dir: at('usr') } });
  const text = restartKubelet(roleContext(cluster, host)).apply.text.replaceAll('/proc/', `${at('proc')}/`);
  const { status, stderr } = spawnSync('sh', ['-euc', text], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${at('bin')}:${process.env.PATH}` },
  });
  expect(status, stderr).toBe(0);
  return existsSync(at('log')) ? readFileSync(at('log'), 'utf8').trim().split('\n') : [];
}

const reload = 'systemctl daemon-reload';
const RESTART = [reload, 'systemctl restart kubelet.service'];
const forget = 'systemctl stop kubewright-kubelet.timer';
const net =
  'systemd-run --quiet --collect --unit kubewright-kubelet --on-active 60 --timer-property AccuracySec=1s sh -c ! systemctl is-enabled --quiet kubelet.service || systemctl start kubelet.service';
const start = 'systemctl start kubelet.service';
const APART = [reload, forget, net, 'systemctl stop kubelet.service', 'crictl stop -t 5 one', 'sleep 6', start, forget];

describe('a kubelet of a new version', () => {
  it('finds the API server of its host gone for so long that load balancers have missed it', () => {
    expect(happens('m12-k8s', { from: '1.35.4' })).toEqual(APART);
  });

  it('starts also where the API server cannot be ended', () => {
    writeFileSync(at('broken'), '');
    expect(happens('m12-k8s', { from: '1.35.4' })).toEqual(APART);
  });

  it.each([
    ['no other one is ready at that moment', 'alone', RESTART],
    ['systemd could not start the kubelet should the task be killed', 'no-net', [reload, forget, net, ...RESTART.slice(1)]],
  ])('leaves the API server alone where %s', (_, file, expected) => {
    writeFileSync(at(file), '');
    expect(happens('m12-k8s', { from: '1.35.4' })).toEqual(expected);
  });

  it('lets the API server run where it is of the same minor version, where no other one answers meanwhile, and on workers', () => {
    expect(happens('m12-k8s', { from: '1.36.3' })).toEqual(RESTART);
    rmSync(at('log'));
    expect(happens('m11-k8s', { from: '1.35.4', masters: 1 })).toEqual(RESTART);
    rmSync(at('log'));
    expect(happens('w101-k8s', { from: '1.35.4' })).toEqual(RESTART);
  });
});
