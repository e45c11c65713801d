import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { machineList, vagrantMachines } from '../../../src/app/inventory/plan-machines.js';
import { InputErrors } from '../../../src/base/errors.js';
import { whereText } from '../../../src/base/place.js';
import { loadInventory } from '../../../src/inventory/load/load.js';
import { forwardPorts, hostnameOf } from '../../../src/lab/vagrant/machines.js';
import {
  findHostCollision,
  hostOnlyRanges,
  inRange,
  parseNetworksConf,
  refusals,
  refusedByVirtualBox,
} from '../../../src/lab/vagrant/networks.js';
import { BOX_NAMES, HYPERVISORS, resolveBox } from '../../../src/lab/vagrant/tool/boxes.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-machines-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function machines(text: string, box?: string, name = 'hosts.ini') {
  const file = join(dir, name);
  writeFileSync(file, text);
  return vagrantMachines(await loadInventory([file]), { box, arch: 'x64' });
}

async function problems(text: string): Promise<string[]> {
  const error: unknown = await machines(text).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(InputErrors);
  // The line; columns are the reader's affair.
  return (error as InputErrors).all.map((p) => `${whereText(p.where ?? '').replace(/:\d+$/, '')}: ${p.what}`);
}

describe('the machines of an inventory', () => {
  it('may be named by their addresses, as in a list of hosts', async () => {
    const found = vagrantMachines(await loadInventory(['192.168.56.11,192.168.56.12,']), { arch: 'x64' });
    expect(found.map((m) => [m.name, m.address])).toEqual(['192.168.56.11', '192.168.56.12'].map((a) => [a, a]));
  });

  it('have the sizes and ports of the users’ lab', async () => {
    const found = vagrantMachines(await loadInventory(['inventories/sample/hosts.ini']), { arch: 'x64' });
    expect(found.map((m) => m.sshPort)).toEqual([60011, 60012, 60013, 60101, 60102, 60103, 60104, 60105, 60106]);
    expect(found.filter((m) => m.role === 'master').map((m) => [m.cpus, m.memory])).toEqual(Array(3).fill([2, 2048]));
    expect(found.filter((m) => m.role === 'worker').map((m) => [m.cpus, m.memory])).toEqual(Array(6).fill([1, 1536]));
    expect(found[0]?.boxes.libvirt).toEqual({ name: 'debian/bookworm64' });
  });

  it('take group variables, ranges and YAML inventories, as provision does', async () => {
    const yaml = `all:
  vars: { vagrant_memory: 3000 }
  children:
    kube-node:
      hosts:
        n[1:2]: { vagrant_cpus: "3" }
        n1: { ansible_host: 10.0.0.1 }
        n2: { ansible_host: 10.0.0.2 }
`;
    const found = await machines(yaml, undefined, 'hosts.yml');
    expect(found.map((m) => [m.name, m.cpus, m.memory, m.address])).toEqual([
      ['n1', 3, 3000, '10.0.0.1'],
      ['n2', 3, 3000, '10.0.0.2'],
    ]);
  });

  it('use the address of the cluster where SSH goes another way', async () => {
    const [m] = await machines('[kube_node]\na ansible_host=203.0.113.7 ip=10.0.0.1 access_ip=10.0.0.9\n');
    expect(m?.address).toBe('10.0.0.1');
  });

  it('leave out hosts that are this one', async () => {
    const found = await machines('[kube_node]\nhere ansible_connection=local\na ip=10.0.0.1\n');
    expect(found.map((m) => m.name)).toEqual(['a']);
    await expect(machines('[kube_node]\nhere ansible_connection=local\n')).rejects.toThrow(/no host for a virtual machine/);
  });

  it('are refused with everything that is wrong, each with its place', async () => {
    const found = await problems(`[kube_node]
a ip=10.0.0.1 vagrant_cpus=many
b ip=10.0.0.2 vagrant_memory=64
c
d ansible_host=d.example.org
e ip=10.0.0.5
f ip=10.0.0.5
g ip=10.0.0.7 vagrant_box=centos/7
h ip=10.0.0.8 vagrant_box=debain12
`);
    const file = join(dir, 'hosts.ini');
    expect(found).toEqual([
      `${file}:2: vagrant_cpus of a must be a whole number, at least 1, not many`,
      `${file}:3: vagrant_memory of b must be a whole number, at least 256 (MB), not 64`,
      `${file}:4: c has no address`,
      `${file}:5: ansible_host of d is not an IPv4 address: d.example.org`,
      `${file}:8: The box centos/7 is a CentOS release that is no longer supported`,
      `${file}:9: There is no box 'debain12'`,
      `${file}:7: f and e have the same address 10.0.0.5`,
    ]);
  });

  it('never share a forwarded port', () => {
    const address = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 254 })).map(([a, b]) => `10.0.${a}.${b}`);
    const machine = fc.record({ address, sshPort: fc.option(fc.integer({ min: 60_000, max: 60_400 }), { nil: undefined }) });
    fc.assert(
      fc.property(fc.uniqueArray(machine, { selector: (m) => m.sshPort ?? m.address, maxLength: 60 }), (list) => {
        const ports = forwardPorts(list);
        expect(new Set(ports).size).toBe(list.length);
        for (const [i, m] of list.entries()) if (m.sshPort !== undefined) expect(ports[i]).toBe(m.sshPort);
      }),
    );
  });

  it('call themselves by names that DNS allows', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(hostnameOf(name)).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
      }),
    );
    expect(hostnameOf('Node_1')).toBe('node-1');
  });
});

describe('boxes', () => {
  it.each(BOX_NAMES)('%s has one for VirtualBox and libvirt, and on arm64 for Parallels', (name) => {
    expect(resolveBox(name, 'x64')).toMatchObject({ virtualbox: { name: /.\/./ }, libvirt: { name: /.\/./ } });
    expect(resolveBox(name, 'arm64').parallels?.name).toMatch(/^bento\//);
  });

  it.each([
    'centos/7',
    'centos',
    'centos7',
    'centos/8',
    'generic/centos8',
    'generic/centos7',
    'bento/centos-7.9',
    'bento/centos-stream-8',
    'centos/stream8',
    'centos-7.box',
  ])('%s is no longer supported', (name) => {
    expect(() => resolveBox(name, 'x64')).toThrow(/no longer supported/);
  });

  it.each([
    'bento/centos-stream-9',
    'generic/centos9s',
    'centos/stream10',
    'me/centosish',
    './my-debian.box',
    'https://example.org/a/catalogue.json',
  ])('%s is taken as it is', (name) => {
    const boxes = resolveBox(name, 'x64');
    expect(Object.keys(boxes)).toEqual([...HYPERVISORS]);
  });
});

describe('what providers refuse', () => {
  const vbox = (networksConf?: string, virtualbox = '7.0.20', platform = 'linux') => ({ platform, networksConf, virtualbox });

  it('VirtualBox: host-only networks outside 192.168.56.0/21', () => {
    expect(refusedByVirtualBox(['192.168.56.11', '192.168.63.254'], vbox())).toBeUndefined();
    expect(refusedByVirtualBox(['192.168.1.11', '192.168.1.12'], vbox())).toEqual({
      what: 'VirtualBox does not allow machines on 192.168.1.0/24',
      why: '192.168.1.11 and 1 more are outside its host-only ranges (192.168.56.0/21, the default)',
      fix: "Allow it: echo '* 192.168.1.0/24' | sudo tee -a /etc/vbox/networks.conf\nor use addresses in 192.168.56.0/21, for example --subnet 192.168.56.0/24",
    });
  });

  it.each([
    ['* 0.0.0.0/0 ::/0\n', true],
    ['# * 192.168.0.0/16\n', false],
    ['* 10.0.0.0/8 192.168.0.0/16\r\n* 2001::/64', true],
    ['  *   192.168.1.0/24', true],
    ['*192.168.1.0/24', true],
    ['192.168.1.0/24\n', false],
    ['* 10.0.0.0/8\n', false],
    ['', false],
  ])('VirtualBox: networks.conf %j', (conf, allowed) => {
    expect(refusedByVirtualBox(['192.168.1.11'], vbox(conf)) === undefined).toBe(allowed);
  });

  it('VirtualBox: only where and since when it checks', () => {
    expect(hostOnlyRanges(vbox(undefined, '6.1.26'))).toBeUndefined();
    expect(hostOnlyRanges(vbox(undefined, '6.1.28r147628'))).toEqual(['192.168.56.0/21']);
    expect(hostOnlyRanges(vbox(undefined, '7.1.0', 'win32'))).toBeUndefined();
    expect(hostOnlyRanges(vbox(undefined, '7.1.0', 'darwin'))).toBeUndefined();
    expect(hostOnlyRanges(vbox(undefined, '6.1.40', 'darwin'))).toEqual(['192.168.56.0/21']);
  });

  it('reads any networks.conf without failing, and knows what is in a range', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseNetworksConf(text)));
    expect(inRange('10.1.2.3', '10.0.0.0/8')).toBe(true);
    expect(inRange('11.1.2.3', '10.0.0.0/8')).toBe(false);
    expect(inRange('10.1.2.3', '10.1.2.3')).toBe(true);
  });

  it('the host’s own network, but not what hypervisors made for the machines', () => {
    const lan = [{ name: 'eth0', cidr: '192.168.1.20/24' }];
    expect(findHostCollision(['192.168.1.11'], lan)?.why).toContain('interface eth0 has 192.168.1.20/24');
    expect(findHostCollision(['192.168.2.11'], lan)).toBeUndefined();
    expect(findHostCollision(['192.168.56.11'], [{ name: 'vboxnet0', cidr: '192.168.56.1/24' }])).toBeUndefined();
  });

  it('a provider for which no box is known', async () => {
    const list = await machines('[kube_node]\na ip=192.168.56.11\n', 'debian13');
    expect(refusals(list, 'hyperv', vbox())[0]?.what).toBe('There is no known box for hyperv for these machines');
    expect(refusals(list, 'libvirt', vbox())).toEqual([]);
    expect((await machineList(list, [])).refused.hyperv).toContain('KUBEWRIGHT_BOX=publisher/name');
  });
});
