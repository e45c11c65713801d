import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { targetFromHost } from '../../../src/app/connect/targets.js';
import { loadInventory } from '../../../src/inventory/load/load.js';
import { planMachines } from '../../../src/lab/nspawn/plan.js';
import { inventoryFiles, removeFiles, writeFiles } from '../../../src/lab/vagrant/inventory.js';
import { knownHostsText, type Reach } from '../../../src/lab/vagrant/reach.js';
import type { SavedVagrantLab } from '../../../src/lab/vagrant/state.js';
import { resolveBox } from '../../../src/lab/vagrant/tool/boxes.js';
import { failureText, parseRow, uiText } from '../../../src/lab/vagrant/tool/cli.js';
import { progressOf } from '../../../src/lab/vagrant/tool/progress.js';
import { parseSshConfig } from '../../../src/lab/vagrant/tool/ssh-config.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-vinv-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const planned = planMachines({ masters: 3, workers: 2, subnet: '192.168.56.0/24' });
const lab: SavedVagrantLab = {
  version: 1,
  provider: 'vagrant',
  hypervisor: 'virtualbox',
  inventories: [],
  inventoryDir: join(dir, 'inv'),
  machines: planned.map((m, i) => ({
    ...m,
    hostname: m.name,
    cpus: 2,
    memory: 2048,
    sshPort: 60_011 + i,
    boxes: resolveBox('debian12', 'x64'),
  })),
};
const reached: Reach[] = lab.machines.map((m) => ({
  name: m.name,
  address: m.address,
  host: '127.0.0.1',
  port: m.sshPort,
  user: 'vagrant',
  keys: [`/home/me/lab of mine/${m.name}/private_key`],
  hostKeys: [`ssh-ed25519 AAAA${m.name}`],
}));

describe('the inventory of a planned lab of virtual machines', () => {
  it('is whole: groups, how each machine is reached, and the address in the lab', async () => {
    await writeFiles(
      lab.inventoryDir,
      inventoryFiles(lab, reached, '/home/me/lab of mine/known_hosts', { kube_network_plugin: 'none' }),
    );
    const inventory = await loadInventory([join(lab.inventoryDir, 'hosts.ini')]);
    expect(inventory.groups.get('kube_control_plane')?.hosts).toEqual(['m11-k8s', 'm12-k8s', 'm13-k8s']);
    expect(inventory.groups.get('kube_node')?.hosts).toEqual(['w101-k8s', 'w102-k8s']);
    const host = inventory.hosts.get('m12-k8s');
    expect(host?.vars.get('ip')?.value).toBe('192.168.56.12');
    expect(host?.vars.get('kube_network_plugin')?.value).toBe('none');
    if (!host) throw new Error('no host');
    expect(targetFromHost(host, {})).toMatchObject({
      address: '127.0.0.1',
      port: 60_012,
      user: 'vagrant',
      privateKeyFile: '/home/me/lab of mine/m12-k8s/private_key',
      hostKeys: { files: ['/home/me/lab of mine/known_hosts'] },
      become: { enabled: true },
    });
    await removeFiles(lab.inventoryDir);
    await expect(loadInventory([lab.inventoryDir])).rejects.toThrow();
  });

  it('knows host keys by name, by address and by forwarded port', () => {
    expect(knownHostsText(reached.slice(0, 1))).toBe('m11-k8s,192.168.56.11,[127.0.0.1]:60011 ssh-ed25519 AAAAm11-k8s\n');
  });
});

describe('what Vagrant prints', () => {
  it('is read whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (target, data) => {
        const row = parseRow(['1795557567', target.replaceAll(',', ''), 'ui', ...data].join(',').replaceAll('\n', ' '));
        if (!row) return;
        progressOf(row);
        expect(uiText(row)).not.toContain('\x1b[0m');
      }),
    );
    expect(parseRow('Host m11-k8s')).toBeUndefined();
    expect(parseRow('1795557567,m11-k8s,ui,info,a%!(VAGRANT_COMMA) b\\nc')).toEqual({
      target: 'm11-k8s',
      type: 'ui',
      data: ['info', 'a, b\nc'],
    });
  });

  it.each([
    ['m11-k8s,ui,output,==> m11-k8s: Importing base box...', 'm11-k8s: importing base box'],
    [
      "m11-k8s,ui,output,==> m11-k8s: Box 'a/b' could not be found. Attempting to find and install...",
      'm11-k8s: getting the box a/b',
    ],
    [",ui,info,Bringing machine 'w101-k8s' up with 'libvirt' provider...", 'w101-k8s: starting with libvirt'],
    ['m11-k8s,ui,info,==> m11-k8s: SSH auth method: private key', 'm11-k8s: SSH auth method: private key'],
    ['m11-k8s,action,up,end', 'm11-k8s: is up'],
    ['m11-k8s,ui,detail,    m11-k8s: Box Version: >= 0', undefined],
    ['m11-k8s,ui,info,==> m11-k8s: Running action triggers before up ...', undefined],
    [',ui,info,==> vagrant: something', undefined],
  ])('%s', (line, expected) => {
    const row = parseRow(`1795557567,${line}`);
    const step = row && progressOf(row);
    expect(step && `${step.stage}: ${step.text}`).toBe(expected);
  });

  it('names the reason of a failure, at most twenty lines of it', () => {
    const rows = [{ target: '', type: 'error-exit', data: ['Some::Error', Array(40).fill('a line').join('\n\n')] }];
    expect(failureText({ code: 1, rows, stdout: '', stderr: '' }).split('\n')).toHaveLength(20);
    expect(failureText({ code: 1, rows: [], stdout: '', stderr: 'no such thing\n' })).toBe('no such thing');
  });

  it('says how machines are reached: several blocks, several keys, paths with spaces', () => {
    const found = parseSshConfig(`Host m11-k8s
  HostName 127.0.0.1
  User vagrant
  Port 60011
  IdentityFile "/home/me/lab of mine/private_key"
  IdentityFile /home/me/.vagrant.d/insecure_private_key
  IdentitiesOnly yes

Host m12-k8s
  HostName 192.168.121.7
  User debian
`);
    expect([...found]).toEqual([
      [
        'm11-k8s',
        {
          host: '127.0.0.1',
          port: 60_011,
          user: 'vagrant',
          keys: ['/home/me/lab of mine/private_key', '/home/me/.vagrant.d/insecure_private_key'],
        },
      ],
      ['m12-k8s', { host: '192.168.121.7', port: 22, user: 'debian', keys: [] }],
    ]);
  });
});
