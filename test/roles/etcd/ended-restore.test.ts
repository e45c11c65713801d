import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endedRestore } from '../../../src/roles/etcd/restore-places.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';
import { livingFacts } from '../../support/living.js';

let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'kw-ended-restore-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

function tasks(restoring: boolean): ReturnType<typeof endedRestore> {
  const cluster = sampleCluster({ vars: { etcd_data_dir: data } });
  const living = livingFacts((t) => t, { 'm13-k8s': (t) => (restoring ? `${t}restoring\tyes\n` : t) });
  return endedRestore({ ...roleContext(cluster, 'm11-k8s'), allFacts: living });
}

const run = (text: string | undefined): number | null => spawnSync('sh', ['-eu'], { input: text ?? 'false' }).status;

describe('a restore that was cut off at its last step', () => {
  it.each([
    ['swapped', false],
    ['prepared', true],
  ])('leaves a note, and %s data beside the member stay: %j', (state, stays) => {
    const staging = join(data, 'kubewright-restore');
    mkdirSync(staging);
    writeFileSync(join(staging, 'state'), `${'a'.repeat(64)} ${state}\n`);
    const [task] = tasks(false);
    if (run(task?.check.text) !== 0) run(task?.apply.text);
    expect(existsSync(staging)).toBe(stays);
    expect(run(task?.check.text)).toBe(0);
  });

  it('is left alone while a control plane has not been put back', () => {
    expect(tasks(true)).toEqual([]);
  });

  it('is not looked for on fresh hosts', () => {
    expect(endedRestore(roleContext(sampleCluster(), 'm11-k8s'))).toEqual([]);
  });
});
