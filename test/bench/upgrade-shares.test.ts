import { describe, expect, it } from 'vitest';
import { upgradeShares } from '../../bench/support/upgrade-shares.mjs';

const ended = (host: string, task: string, at: number, ms: number) => ({ type: 'task-end', host, task, at, ms });

describe('the shares of an upgrade', () => {
  it('count what hosts do at the same time once, and what no host does as our own', () => {
    const shares = upgradeShares([
      [
        { type: 'run-start', at: 0 },
        ended('m1', 'upgrade/images', 1000, 900),
        ended('w1', 'upgrade/images', 1200, 1000),
        ended('m1', 'upgrade/control-plane', 5200, 3800),
        ended('m1', 'upgrade/drain-w1', 6200, 1000),
        ended('w1', 'upgrade/node-configuration', 6700, 500),
        ended('w1', 'upgrade/node-ready', 7700, 1000),
        { type: 'run-end', at: 8000 },
      ],
    ]);
    expect(shares.needed).toEqual({ kubeadm: 4300, drain: 1000, 'image import': 1100 });
    expect(shares).toMatchObject({ wall: 8000, hosts: 6400, others: 1000, own: 600 });
    expect(shares.share).toBeCloseTo(600 / 6400);
  });

  it('count the time between the runs of two versions, and before the first one, as our own', () => {
    const step = (from: number) => [{ type: 'run-start', at: from }, ended('m1', 'upgrade/control-plane', from + 1000, 1000)];
    expect(upgradeShares([step(0), step(3000)])).toMatchObject({ wall: 4000, hosts: 2000, own: 2000 });
    expect(upgradeShares([step(0), step(3000)], -2000)).toMatchObject({ wall: 6000, own: 4000 });
  });
});
