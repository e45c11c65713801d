import { describe, expect, it } from 'vitest';
import { contains, isIpv4, nthAddress, overlap, parseSubnet, toAddress } from '../../../src/base/net/ipv4.js';

describe('IPv4 arithmetic', () => {
  it.each(['10.0.0.1', '255.255.255.255', '0.0.0.0'])('takes %s', (text) => expect(isIpv4(text)).toBe(true));

  it.each(['10.0.0', '10.0.0.256', '010.0.0.1', '10.0.0.1/24', 'fd00::1', '0x0a.0.0.1', '167772161', ''])('refuses %s', (text) =>
    expect(isIpv4(text)).toBe(false),
  );

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0/8', 'fd00::/64', 'x', '/24'])('does not take %s for a subnet', (text) =>
    expect(parseSubnet(text)).toBeUndefined(),
  );

  it('knows the ends of a subnet, wherever in it the address lies', () => {
    const net = parseSubnet('192.168.1.77/24');
    expect(net && [toAddress(net.first), toAddress(net.last), net.prefix]).toEqual(['192.168.1.0', '192.168.1.255', 24]);
    const all = parseSubnet('0.0.0.0/0');
    expect(all && [all.first, toAddress(all.last)]).toEqual([0, '255.255.255.255']);
  });

  it('counts addresses from the start of the subnet', () => {
    expect(nthAddress('10.233.0.0/18', 3)).toBe('10.233.0.3');
    expect(nthAddress('10.233.0.0/18', 256)).toBe('10.233.1.0');
    expect(nthAddress('10.233.5.7/18', 10)).toBe('10.233.0.10');
    expect(nthAddress('nonsense', 3)).toBe('nonsense');
  });

  it('sees what lies in a subnet, and which subnets overlap', () => {
    const [a, b, c] = ['10.0.0.0/16', '10.0.128.0/17', '10.1.0.0/16'].map((text) => parseSubnet(text));
    if (!a || !b || !c) throw new Error('not parsed');
    expect([contains(a, '10.0.255.255'), contains(a, '10.1.0.0'), contains(a, 'node1')]).toEqual([true, false, false]);
    expect([overlap(a, b), overlap(b, a), overlap(a, c)]).toEqual([true, true, false]);
  });
});
