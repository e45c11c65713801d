import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { livingCluster } from '../../../src/cluster/living/living-cluster.js';
import { upgradeNode } from '../../../src/roles/day-two/upgrade/node.js';
import { ROLES } from '../../../src/roles/registry.js';
import type { RoleContext } from '../../../src/roles/role.js';
import type { Task } from '../../../src/tasks/task.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';
import { livingFacts } from '../../support/living.js';

const W = 'w101-k8s';

function context(living: boolean): RoleContext {
  const ctx = roleContext(sampleCluster(), W, { facts: { [W]: { isNode: living } } });
  const runs = livingCluster(livingFacts());
  return living && runs ? { ...ctx, living: runs } : ctx;
}

const tasks = (living: boolean): readonly Task[] => ROLES.get('apiserver-lb')?.tasks(context(living)) ?? [];

describe('the local load balancer of a worker', () => {
  it('changes on one node of a living cluster after the other, from the first file to the answer of an API server', () => {
    const marks = tasks(true).map((t) => [t.id, t.turn === true]);
    expect(marks).toEqual([
      ['apiserver-lb/directory', false],
      ['apiserver-lb/config', true],
      ['apiserver-lb/pod', true],
      ['apiserver-lb/replaced', true],
      ['apiserver-lb/reload', true],
    ]);
  });

  it('waits for nobody where the host is about to join, and in an upgrade, whose batch has its turn', () => {
    expect(tasks(false).filter((t) => t.turn)).toEqual([]);
    expect(upgradeNode(context(true)).filter((t) => t.turn)).toEqual([]);
  });
});

describe('a pod that takes the place of another one', () => {
  let box: string;
  const at = (...path: string[]): string => join(box, ...path);
  const read = (name: string): string => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '');
  const now = Date.now() / 1000;

  /** A process that has run for so many seconds of the 10000 for which the host is up. */
  function processOf(pid: number, seconds: number, o: { readonly foreign?: boolean; readonly parent?: number } = {}): void {
    mkdirSync(at(`proc/${pid}`), { recursive: true });
    writeFileSync(at(`proc/${pid}/comm`), 'nginx\n');
    writeFileSync(at(`proc/${pid}/status`), `Name:\tnginx\nPPid:\t${o.parent ?? 1}\n`);
    const hz = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
    const fields = Array.from({ length: 30 }, () => '0');
    fields[19] = String((10000 - seconds) * hz);
    writeFileSync(at(`proc/${pid}/stat`), `${pid} (nginx: master (x)) ${fields.join(' ')}\n`);
    symlinkSync(o.foreign ? at('elsewhere') : '/', at(`proc/${pid}/root`));
  }

  beforeEach(() => {
    box = mkdtempSync(join(tmpdir(), 'kw-balancer-'));
    for (const dir of ['bin', 'proc/1', 'nginx', 'kubernetes/manifests', 'state', 'elsewhere'])
      mkdirSync(at(dir), { recursive: true });
    writeFileSync(at('proc/1/comm'), 'systemd\n');
    writeFileSync(at('proc/uptime'), '10000.00 1.00\n');
    writeFileSync(at('nginx/nginx.conf'), 'x\n');
    writeFileSync(at('kubernetes/kubelet.conf'), 'x\n');
    writeFileSync(at('kubernetes/manifests/nginx-proxy.yml'), 'new\n');
    // Written 100 s ago: before that the processes that have run for longer were started.
    utimesSync(at('kubernetes/manifests/nginx-proxy.yml'), now - 100, now - 100);
    writeFileSync(
      at('bin/curl'),
      `#!/bin/sh\ncase "$*" in */readyz) [ ! -e ${at('no-api')} ] ;; *) [ -e ${at('answers')} ] ;; esac\n`,
    );
    writeFileSync(at('bin/sleep'), `#!/bin/sh\necho >> ${at('slept')}\n[ ! -e ${at('kubelet')} ] || . ${at('kubelet')}\n`);
    for (const name of ['curl', 'sleep']) chmodSync(at('bin', name), 0o755);
  });
  afterEach(() => rmSync(box, { recursive: true, force: true }));

  /** Runs a part of the task with the host's paths in the box. */
  function run(part: 'check' | 'apply'): { readonly status: number | null; readonly stderr: string } {
    const task = tasks(true).find((t) => t.id === 'apiserver-lb/replaced');
    if (!task) throw new Error('no such task');
    const depth = at('proc/1/comm').split('/').length - 1;
    const text = task[part].text
      .replaceAll('cut -d / -f 3', `cut -d / -f ${depth}`)
      .replaceAll('/proc/', `${at('proc')}/`)
      .replaceAll('/etc/nginx', at('nginx'))
      .replaceAll('/etc/kubernetes', at('kubernetes'))
      .replaceAll('/var/lib/kubewright', at('state'))
      .replaceAll('-lt 150', '-lt 4')
      .replaceAll('-ge 60', '-ge 2');
    const kill = `kill() { echo "$*" >> ${at('killed')}; rm -rf "${at('proc')}/$2"; }\n`;
    return spawnSync('sh', ['-euc', `${kill}${text}`], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${at('bin')}:${process.env.PATH}` },
    });
  }

  it('is awaited, and the old one ended where it only waits for its clients', () => {
    processOf(50, 5000);
    processOf(51, 5000, { parent: 50 });
    processOf(60, 5000, { foreign: true });
    // The new pod comes when the old one is gone.
    processOf(70, 10);
    execFileSync('mv', [at('proc/70'), at('later')]);
    writeFileSync(
      at('kubelet'),
      `[ ! -e ${at('killed')} ] || [ ! -e ${at('later')} ] || { mv ${at('later')} ${at('proc/70')}; : > ${at('answers')}; }`,
    );
    expect(run('apply').status).toBe(0);
    expect(read('killed').trim()).toBe('-TERM 50');
    expect(existsSync(at('proc/70'))).toBe(true);
    expect(run('check').status).toBe(0);
  });

  it('stays where the kubelet sees no other pod in the manifest: it answers all the time', () => {
    processOf(50, 5000);
    writeFileSync(at('answers'), '');
    expect(run('apply').status).toBe(0);
    expect(read('killed')).toBe('');
    expect(read('slept').length).toBeGreaterThan(1);
  });

  it('has not come back where it does not answer, and the manifest is not taken for done', () => {
    processOf(50, 10);
    const { status, stderr } = run('apply');
    expect(status).toBe(1);
    expect(stderr).toBe('nginx does not answer on port 8081\nthe local load balancer has not come back\n');
    expect(read('killed')).toBe('');
    expect(run('check').status).not.toBe(0);
  });

  it('has not come back where no API server answers through it', () => {
    processOf(50, 10);
    writeFileSync(at('answers'), '');
    writeFileSync(at('no-api'), '');
    expect(run('apply').stderr).toMatch(/^no API server answers through it\n/);
    expect(run('check').status).not.toBe(0);
  });

  it('is not awaited before the host is a node', () => {
    rmSync(at('kubernetes/kubelet.conf'));
    expect(run('apply').status).toBe(0);
    expect(read('slept')).toBe('');
    expect(run('check').status).toBe(0);
  });
});
