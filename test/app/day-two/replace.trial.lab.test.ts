import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { say, tasksThat, until } from '../../support/lab.js';
import { GO_BUNDLE } from '../../support/lab-bundles.js';
import { LOAD_NAMESPACE, type Load, lostWrites, type PointReport, sayReports } from '../../support/trial/load.js';
import { missingForTrial, trialLab } from '../../support/trial/trial-lab.js';

/** Each control plane of a cluster in use is removed with its etcd member, and comes back as an empty host; the first one first. */
const lab = trialLab('replace', '3+2');
const { inventory } = lab;
const reason = missingForTrial(GO_BUNDLE.dir);

/** The text of an inventory in which a host is the last one of each of its groups: an empty host in the first place is refused. */
function asLast(text: string, host: string): string {
  return text
    .split(/(?=^\[)/m)
    .map((group) => {
      const lines = group.trimEnd().split('\n');
      const rest = lines.filter((l) => l.trim() !== host);
      return `${[...rest, ...(rest.length < lines.length ? [host] : [])].join('\n')}\n\n`;
    })
    .join('');
}

describe.skipIf(reason)(`control planes of a cluster in use${reason ? ` (${reason})` : ''}`, { timeout: 3_600_000 }, () => {
  let load: Load;
  let reports: readonly PointReport[] = [];

  beforeAll(async () => {
    await lab.up(GO_BUNDLE.dir);
    await lab.install();
    load = await lab.load(GO_BUNDLE.dir);
    await sleep(15_000);
  }, 1_800_000);

  afterAll(async () => {
    await load?.stop();
    await lab.down();
  }, 600_000);

  for (const host of lab.controlPlanes) {
    it(`takes ${host} out, and back as the last one`, async () => {
      const removed = await lab.run(['remove', host, '-i', inventory, '--yes', '--plain'], true);
      expect(removed.code, removed.stdout.slice(-2000) + removed.stderr).toBe(0);
      const other = lab.controlPlanes.find((h) => h !== host) ?? '';
      expect((await lab.on(other, 'sudo kubectl get nodes --no-headers')).stdout).not.toContain(host);
      writeFileSync(inventory, asLast(readFileSync(inventory, 'utf8'), host));
      const back = await lab.run(['provision', '-i', inventory, '--json']);
      expect(back.code, back.stdout.slice(-2000)).toBe(0);
      await until('every node is Ready', 300, async () => {
        const { stdout } = await lab.on(other, 'sudo kubectl get nodes --no-headers');
        return lab.names.every((n) => new RegExp(`^${n} +Ready `, 'm').test(stdout));
      });
      say(`${host} is back`);
    });
  }

  it('lost no request to the Service through workers, and no write that was acknowledged', async () => {
    await sleep(10_000);
    reports = await load.stop();
    sayReports(reports);
    const asked = reports.filter((r) => lab.workers.some((w) => r.name.endsWith(w)));
    expect(asked.length).toBe(2 * lab.workers.length);
    const failed = asked.flatMap((r) => r.failed);
    expect(failed.filter((f) => f.name.startsWith('http-'))).toEqual([]);
    // A load balancer may be in the middle of one when its API server ends.
    expect(failed.length, JSON.stringify(failed)).toBeLessThanOrEqual(lab.controlPlanes.length * lab.workers.length);
    const { stdout } = await lab.kubectl(`-n ${LOAD_NAMESPACE} get configmaps -l load=true -o name`);
    expect(lostWrites(reports, stdout)).toEqual([]);
  });

  it('takes another run without a change, and does all that a cluster does', async () => {
    const again = await lab.run(['provision', '-i', inventory, '--json']);
    expect(again.code, again.stdout.slice(-2000)).toBe(0);
    expect(tasksThat('changed', again.stdout)).toEqual([]);
    const verified = await lab.run(['verify', '-i', inventory], true);
    expect(verified.code, verified.stdout).toBe(0);
  });
});
