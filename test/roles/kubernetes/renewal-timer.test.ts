import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certsTimer } from '../../../src/roles/kubernetes/certs/renewal-timer.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

const cluster = sampleCluster({ vars: { auto_renew_certificates: true } });

function tasksOf(host: string) {
  return certsTimer(roleContext(cluster, host));
}

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kw-renew-'));
  put('stubs/sleep', '#!/bin/sh\n', 0o755);
  put('stubs/curl', '#!/bin/sh\n', 0o755);
  put('stubs/install', `#!/bin/sh\ncp "$7" "$8"\n`, 0o755);
  put('usr/local/bin/kubectl', `#!/bin/sh\n[ -e ${root}/not-ready ] || printf ok\n`, 0o755);
  put('usr/local/bin/kubeadm', `#!/bin/sh\necho "$*" >> ${root}/done\necho renewed > ${root}/etc/kubernetes/admin.conf\n`, 0o755);
  put(
    'usr/local/bin/crictl',
    `#!/bin/sh\ncase $1 in ps) echo abc; echo def ;; *) echo "$*" >> ${root}/done; [ ! -e ${root}/cut-off ] ;; esac\n`,
    0o755,
  );
  mkdirSync(join(root, 'var/lib/kubewright'), { recursive: true });
  mkdirSync(join(root, 'run'), { recursive: true });
  certificates(300);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, { mode });
}

function pem(days: number): string {
  const key = join(root, 'key.pem');
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  return execFileSync('openssl', [...args, '-subj', '/CN=x', '-days', String(days)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** All of them with so many days left; the scheduler's with others. */
function certificates(days: number, scheduler = days): void {
  const text = pem(days);
  for (const f of ['apiserver', 'apiserver-kubelet-client', 'front-proxy-client']) put(`etc/kubernetes/pki/${f}.crt`, text);
  const conf = (of: string): string => `users:\n- user:\n    client-certificate-data: ${Buffer.from(of).toString('base64')}\n`;
  for (const f of ['admin', 'controller-manager']) put(`etc/kubernetes/${f}.conf`, conf(text));
  put('etc/kubernetes/scheduler.conf', conf(scheduler === days ? text : pem(scheduler)));
}

/** The script with the host's directories below a directory of ours. */
function run(): { readonly status: number | null; readonly output: string } {
  const file = tasksOf('m11-k8s').find((t) => t.id === 'control-plane/certs-script');
  const [, script = ''] =
    /(#!\/bin\/sh\n# Written by Kubewright: auto_renew_certificates\.[\s\S]*Certificates renewed'?\\?'?\n)/.exec(
      file?.apply.text.replaceAll(`'\\''`, `'`) ?? '',
    ) ?? [];
  if (script === '') throw new Error('no script');
  const text = script.replaceAll(/(?<![\w.)^|])\/(var|run|etc|root|usr\/local)\//g, `${root}/$1/`);
  const { status, stdout, stderr } = spawnSync('sh', [], {
    input: text,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${root}/stubs:${process.env.PATH}` },
  });
  return { status, output: stdout + stderr };
}

const done = (): string => (existsSync(join(root, 'done')) ? readFileSync(join(root, 'done'), 'utf8') : '');

describe('the timer of certificates', () => {
  it('restarts a kubelet that keeps the controller manager and the scheduler away because it takes them for crashed', () => {
    certificates(20);
    put('stubs/curl', `#!/bin/sh\n[ -e ${root}/forgotten ]\n`, 0o755);
    put('stubs/systemctl', `#!/bin/sh\necho "systemctl $*" >> ${root}/done\n: > ${root}/forgotten\n`, 0o755);
    expect(run()).toMatchObject({ status: 0, output: expect.stringContaining('Certificates renewed') });
    expect(done()).toContain('systemctl restart kubelet.service');
    put('stubs/curl', '#!/bin/sh\n', 0o755);
    rmSync(join(root, 'done'));
    expect(run().status).toBe(0);
    expect(done()).not.toContain('systemctl');
  });

  it('is not there unless it is wanted', () => {
    expect(certsTimer(roleContext(sampleCluster(), 'm11-k8s')).map((t) => t.id)).toEqual(['control-plane/no-certs-timer']);
  });

  it('gives each control plane its own turn', () => {
    const waits = ['m11-k8s', 'm12-k8s', 'm13-k8s'].map((host) => {
      const unit = tasksOf(host).find((t) => t.id === 'control-plane/certs-service');
      return /ExecStartPre=\/bin\/sleep (\d+)/.exec(unit?.apply.text ?? '')?.[1];
    });
    expect(waits).toEqual(['0', '600', '1200']);
  });

  it('leaves certificates alone that do not end soon', () => {
    expect(run()).toEqual({ status: 0, output: 'No certificate ends within 60 days\n' });
    expect(done()).toBe('');
  });

  it('renews all when one ends soon, and restarts the components that hold theirs, not the API server', () => {
    certificates(300, 30);
    put('root/.kube/config', readFileSync(join(root, 'etc/kubernetes/admin.conf'), 'utf8'));
    expect(run()).toEqual({ status: 0, output: 'Certificates renewed\n' });
    expect(done()).toBe('certs renew all\nstop -t 15 abc def\n');
    expect(readFileSync(join(root, 'root/.kube/config'), 'utf8')).toBe('renewed\n');
  });

  it('renews nothing beside an API server that is not ready', () => {
    certificates(30);
    put('not-ready', '');
    expect(run()).toEqual({ status: 1, output: 'The API server of this host is not ready: nothing is renewed\n' });
    expect(done()).toBe('');
  });

  it('ends what was cut off, without a second renewal', () => {
    certificates(300, 30);
    put('cut-off', '');
    expect(run().status).not.toBe(0);
    rmSync(join(root, 'cut-off'));
    certificates(300);
    rmSync(join(root, 'done'));
    expect(run().status).toBe(0);
    expect(done()).toBe('stop -t 15 abc def\n');
    expect(run().output).toBe('No certificate ends within 60 days\n');
  });

  it('waits for a run of Kubewright, and gives up', () => {
    certificates(30);
    put('run/kubewright/id/play/pid', `${process.pid} 1\n`);
    expect(run()).toEqual({ status: 1, output: 'A run of Kubewright goes on for hours: nothing is renewed\n' });
    put('run/kubewright/id/play/rc', '0');
    expect(run().status).toBe(0);
  });
});
