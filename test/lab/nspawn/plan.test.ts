import { describe, expect, it } from 'vitest';
import { hasSwap, labVariables } from '../../../src/lab/box/traits.js';
import { renderHosts } from '../../../src/lab/nspawn/inventory.js';
import { findCollision, findFreeSubnet, overlaps, parseSubnet, planMachines } from '../../../src/lab/nspawn/plan.js';

const nine = planMachines({ masters: 3, workers: 6, subnet: '10.77.0.0/24' });

describe('the plan of a lab', () => {
  it('has the names and addresses of the users', () => {
    expect(nine.map((m) => m.name)).toEqual(['m11-k8s', 'm12-k8s', 'm13-k8s', ...[1, 2, 3, 4, 5, 6].map((n) => `w10${n}-k8s`)]);
    expect(nine.at(-1)).toEqual({ name: 'w106-k8s', address: '10.77.0.106', role: 'worker' });
  });

  it.each(['10.77.0.0/16', '10.77.0.1/24', '300.1.1.0/24', '127.0.0.0/24', 'x'])('refuses the subnet %s', (subnet) => {
    expect(() => parseSubnet(subnet)).toThrow(/can't be the lab's subnet/);
  });

  it('refuses numbers that do not fit', () => {
    expect(() => planMachines({ masters: 0, workers: 1, subnet: '10.77.0.0/24' })).toThrow(/control planes/);
    expect(() => planMachines({ masters: 1, workers: 155, subnet: '10.77.0.0/24' })).toThrow(/workers/);
  });

  it('sees what of the box is in the way, and not its own bridge', () => {
    const box = {
      addresses: [
        { ifname: 'eth0', local: '10.77.0.2', prefixlen: 16 },
        { ifname: 'br', local: '10.78.0.1', prefixlen: 24 },
      ],
      routes: [{ dst: 'default' }, { dst: '10.79.0.0/20', dev: 'wg0' }],
    };
    expect(findCollision('10.77.0.0/24', box, 'br')).toBe('interface eth0 (10.77.0.2/16)');
    expect(findCollision('10.78.0.0/24', box, 'br')).toBeUndefined();
    expect(findCollision('10.79.3.0/24', box, 'br')).toBe('route 10.79.0.0/20 of wg0');
    // What is offered instead must be free, also of other labs.
    expect(findFreeSubnet(box)).toBe('10.80.0.0/24');
    expect(findFreeSubnet({ addresses: [{ ifname: 'eth0', local: '10.1.2.3', prefixlen: 8 }], routes: [] })).toBeUndefined();
    expect(overlaps('10.0.0.0/8', '10.1.2.3')).toBe(true);
    expect(overlaps('10.0.0.0/24', '10.0.1.0/24')).toBe(false);
  });

  it('names the bridge of another lab as such', () => {
    const box = { addresses: [{ ifname: 'kwde6ba6br', local: '10.78.0.1', prefixlen: 24 }], routes: [] };
    expect(findCollision('10.78.0.0/24', box, 'kw123456br')).toMatch(/kwde6ba6br .*another lab: `kubewright lab down` ends it/);
    expect(findCollision('10.78.0.0/24', box, 'kwde6ba6br')).toBeUndefined();
  });
});

describe('the inventory of a lab', () => {
  it('is written as the users write theirs, with an odd number of etcd members', () => {
    const text = renderHosts(nine);
    for (const section of ['[etcd]', '[kube-master]', '[kube-node]', '[calico-rr]', '[k8s-cluster:children]'])
      expect(text).toContain(section);
    expect(text.match(/etcd_member_name=etcd\d/g)).toHaveLength(3);
    expect(renderHosts(planMachines({ masters: 2, workers: 1, subnet: '10.77.0.0/24' })).match(/etcd_member_name/g)).toHaveLength(
      1,
    );
  });

  it('has only the settings that the box needs', () => {
    const names = (traits: Parameters<typeof labVariables>[0]): string[] => labVariables(traits).map((v) => v.name);
    const good = names({ mayLowerOomScore: true, swap: false, cgroupVersion: 2 });
    const poor = names({ mayLowerOomScore: false, swap: true, cgroupVersion: 1 });
    for (const name of ['containerd_restrict_oom_score_adj', 'kubelet_fail_swap_on', 'kubelet_fail_cgroup_v1']) {
      expect(good).not.toContain(name);
      expect(poor).toContain(name);
    }
    expect(hasSwap('Filename\tType\n')).toBe(false);
    expect(hasSwap('Filename\tType\n/swap file\n')).toBe(true);
  });
});
