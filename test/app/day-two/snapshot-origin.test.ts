import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAnswer } from '../../../src/app/day-two/ask.js';
import { foreignSnapshot, refuseForeign } from '../../../src/app/day-two/etcd/snapshot-origin.js';
import { PreflightError } from '../../../src/base/errors.js';
import { sampleCluster } from '../../support/cluster.js';

const OURS = 'AoIBAQDBzU3mGq1nZQ0h1f7Jw0mF0kqzqv0d8Gm2N0ZQkq2pUu7mJb2bq6mJx9Vw';
const PUBLISHED = '/registry/configmaps/kube-system/kube-root-ca.crt';

const dir = mkdtempSync(join(tmpdir(), 'kw-origin-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let files = 0;
/** A file with these texts in it, each behind so many other bytes. */
function snapshot(...parts: readonly (readonly [before: number, text: string])[]): string {
  const path = join(dir, `${files++}.db`);
  writeFileSync(path, Buffer.concat(parts.flatMap(([before, text]) => [randomBytes(before), Buffer.from(text)])));
  return path;
}

describe('the cluster that a snapshot is of', () => {
  it('is this one where its authority is in it, also across two pieces of the file', async () => {
    expect(await foreignSnapshot(snapshot([100, PUBLISHED], [65_536 - 180, OURS]), OURS)).toBeUndefined();
    expect(await foreignSnapshot(snapshot([200_000, OURS], [200_000, PUBLISHED]), OURS)).toBeUndefined();
  });

  it('is another one where another authority is', async () => {
    const foreign = await foreignSnapshot(snapshot([100, PUBLISHED], [100_000, OURS.toLowerCase()]), OURS);
    expect(foreign?.what).toBe('This snapshot is of a cluster with another certificate authority');
    expect(foreign?.fix).toContain('kubewright_preflight_ignore: [snapshot-of-another-cluster]');
  });

  it('is not known where none is published, or no control plane can be asked', async () => {
    expect(await foreignSnapshot(snapshot([100, 'nothing']), OURS)).toBeUndefined();
    expect(await foreignSnapshot(snapshot([100, PUBLISHED]), undefined)).toBeUndefined();
  });

  it('is asked of the control planes, unless the operator knows better', async () => {
    const asker = {
      ask: () => Promise.resolve({ answers: new Map([['m11-k8s', parseAnswer(`authority\t${OURS}`)]]), failures: new Map() }),
    };
    const foreign = snapshot([100, PUBLISHED]);
    await expect(refuseForeign(foreign, sampleCluster(), asker)).rejects.toThrow(PreflightError);
    const told = sampleCluster({ vars: { kubewright_preflight_ignore: ['snapshot-of-another-cluster'] } });
    await expect(refuseForeign(foreign, told, asker)).resolves.toBeUndefined();
  });
});
