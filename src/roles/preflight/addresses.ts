import type { HostFacts } from '../../facts/facts.js';
import type { GateContext } from '../role.js';
import type { Problem } from './problem.js';

/** Seconds between the clocks of two hosts. Certificates and leases break long before users notice. */
const MAX_SKEW_S = 5;

/** What must differ between hosts, or agree. */
export function addressChecks(ctx: GateContext): Problem[] {
  return [
    ...duplicates(ctx, 'hostname', 'hostname', (f) => f.hostname, 'hostnamectl set-hostname NAME on all but one of them'),
    ...duplicates(
      ctx,
      'machine-id',
      'machine-id (cloned disks?)',
      (f) => f.machineId,
      'rm /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup; reboot, on all but one of them',
    ),
    ...ownAddresses(ctx),
    ...clocks(ctx),
  ];
}

function duplicates(ctx: GateContext, check: string, what: string, of: (f: HostFacts) => string, fix: string): Problem[] {
  const seen = new Map<string, string[]>();
  for (const host of ctx.cluster.hosts) {
    const facts = ctx.allFacts.get(host.name);
    const value = facts ? of(facts) : '';
    if (value !== '') seen.set(value, [...(seen.get(value) ?? []), host.name]);
  }
  return [...seen].flatMap(([value, names]) =>
    names.length < 2 ? [] : [{ check, where: names.join(', '), what: `The same ${what}: ${value}`, fix }],
  );
}

function ownAddresses(ctx: GateContext): Problem[] {
  return ctx.cluster.hosts.flatMap((host) => {
    const facts = ctx.allFacts.get(host.name);
    if (!facts || facts.addresses.length === 0 || facts.addresses.includes(host.ip)) return [];
    return [
      {
        check: 'address',
        where: host.name,
        what: `None of its interfaces has the address ${host.ip}`,
        why: `It has ${facts.addresses.filter((a) => a !== '127.0.0.1' && a !== '::1').join(', ')}`,
        fix: 'Set `ip` of this host in the inventory to one of its own addresses (access_ip for the one that its peers use)',
      },
    ];
  });
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** A clock is wrong when it is so whatever part of the time between question and answer was the way there: an answer may be held up. */
function clocks(ctx: GateContext): Problem[] {
  const clocksOf = ctx.cluster.hosts.flatMap((h) => {
    const f = ctx.allFacts.get(h.name);
    return f ? [{ name: h.name, least: f.clockAheadMs, most: f.clockAheadMs + f.clockDelayMs }] : [];
  });
  const least = median(clocksOf.map((c) => c.least));
  const most = median(clocksOf.map((c) => c.most));
  return clocksOf.flatMap((c) => {
    const ahead = Math.max(0, c.least - most) + Math.min(0, c.most - least);
    const off = Math.round(ahead / 1000);
    if (Math.abs(off) <= MAX_SKEW_S) return [];
    return [
      {
        check: 'clock',
        where: c.name,
        what: `Its clock is ${Math.abs(off)} s ${off > 0 ? 'ahead of' : 'behind'} the other hosts'`,
        fix: 'Synchronise the clocks: timedatectl set-ntp true, or install chrony',
      },
    ];
  });
}
