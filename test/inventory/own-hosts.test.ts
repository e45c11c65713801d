import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { generate } from '../../src/app/inventory/generate/command.js';
import { InputError } from '../../src/base/errors.js';
import { loadInventory } from '../../src/inventory/load/load.js';
import { parseOwnHosts } from '../../src/inventory/own-hosts.js';
import { Cli, missingForPty } from '../support/cli.js';

const dir = mkdtempSync(join(tmpdir(), 'kw-own-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function generated(o: Partial<Parameters<typeof generate>[0]>): Promise<string> {
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  try {
    await generate({ etcd: 'masters', force: false, interactive: false, asks: false, become: true, ...o });
    return out.join('');
  } finally {
    spy.mockRestore();
  }
}

describe('hosts on the command line', () => {
  it.each([
    ['10.0.0.5', ['10.0.0.5']],
    ['10.0.0.5-7', ['10.0.0.5', '10.0.0.6', '10.0.0.7']],
    ['10.0.0.254-1.1', ['10.0.0.254', '10.0.0.255', '10.0.1.0', '10.0.1.1']],
    ['10.0.0.5-10.0.0.6, 10.0.0.9', ['10.0.0.5', '10.0.0.6', '10.0.0.9']],
    ['Node1.Example.org', ['node1.example.org']],
  ])('%s', (text, hosts) => {
    expect(parseOwnHosts(text).map((h) => h.host)).toEqual(hosts);
  });

  it('have users, names and ports', () => {
    expect(parseOwnHosts('ubuntu@10.0.1.10-11:2222 db1=10.0.0.9,root@m1=10.0.0.8:22')).toEqual([
      { host: '10.0.1.10', user: 'ubuntu', port: 2222 },
      { host: '10.0.1.11', user: 'ubuntu', port: 2222 },
      { host: '10.0.0.9', name: 'db1' },
      { host: '10.0.0.8', name: 'm1', user: 'root', port: 22 },
    ]);
  });

  it.each([
    ['', 'No hosts are named'],
    ['10.0.0.7-5', /comes before/],
    ['10.0.0.5-999', /not a range/],
    ['10.0.0.1-10.1.0.0', /has 65536 addresses/],
    ['10.0.0.256', /not an IPv4 address/],
    ['10.0.0.0/24', /A network is not a host/],
    ['10.0.0.5:0', /0 is not a port/],
    ['10.0.0.5:65536', /65536 is not a port/],
    ['-x@10.0.0.5', /-x is not a valid user name/],
    ['m=10.0.0.5-6', /cannot have one name/],
    ['fd00::1', /need an IPv4 address/],
  ])('%j is refused', (text, why) => {
    const error = (() => {
      try {
        return parseOwnHosts(text);
      } catch (e) {
        return e;
      }
    })();
    expect(error).toBeInstanceOf(InputError);
    const { parts } = error as InputError;
    expect(`${parts.what} ${parts.why}`).toMatch(why);
  });
});

describe('inventory generate HOSTS', () => {
  it('writes what was given, nothing of a lab, and commands that are right for it', async () => {
    const output = join(dir, 'mine');
    const said = await generated({ hosts: '10.0.0.5-7', workers: 'ubuntu@10.0.1.10:2222,db1=10.0.1.11', output });
    const path = join(output, 'hosts.ini');
    const { hosts, groups } = await loadInventory([path]);
    const vars = (name: string, key: string): unknown => hosts.get(name)?.vars.get(key)?.value;
    expect([...hosts.keys()]).toEqual(['cp1', 'cp2', 'cp3', 'worker1', 'db1']);
    expect(['ansible_host', 'ansible_port', 'ansible_user', 'ip'].map((v) => vars('worker1', v))).toEqual([
      ...['10.0.1.10', 2222, 'ubuntu', '10.0.1.10'],
    ]);
    expect(vars('cp1', 'ansible_user')).toBeUndefined();
    expect([...groups.keys()]).toEqual(expect.arrayContaining(['kube_control_plane', 'kube_node', 'k8s_cluster']));
    const all = readFileSync(join(output, 'group_vars/all.yml'), 'utf8') + readFileSync(path, 'utf8');
    expect(all).not.toMatch(/vagrant|192\.168\.1\.|kube-master/);
    expect(said).toContain(`kubewright inventory validate -i ${path} `);
    expect(said).toContain(`kubewright provision -i ${path} `);
    expect(said).not.toContain('keys distribute');
  });

  it('keeps to the book with --like book, and to its user', async () => {
    const text = await generated({ hosts: '192.168.1.11-13', workers: '192.168.1.101-102', like: 'book' });
    const numbers = await generated({ masters: 3, workers: '2' });
    expect(text).toBe(numbers);
    expect(text).toContain('[kube-master]\nm11-k8s\nm12-k8s\nm13-k8s\n');
  });

  it('takes numbers as before, and the same flags', async () => {
    expect(await generated({ masters: 1, workers: '0', groupStyle: 'new' })).toContain('[kube_control_plane]\nm11-k8s\n');
    expect(await generated({ hosts: '10.0.0.5', groupStyle: 'legacy', masterName: 'node-{n}' })).toContain(
      '[kube-master]\nnode-5\n',
    );
  });

  it.each([
    [{ workers: '10.0.0.3' }, 'No control plane is named'],
    [{ hosts: '10.0.0.5', workers: '3' }, '--workers 3 cannot be combined with addresses'],
    [{ hosts: '10.0.0.5', masters: 3 }, '--masters cannot be combined with addresses'],
    [{ hosts: '10.0.0.5', subnet: '10.0.0.0/24' }, '--subnet cannot be combined with addresses'],
    [{ hosts: '10.0.0.5', workers: '10.0.0.5' }, '10.0.0.5 is given twice'],
    [{ hosts: '10.0.0.5,worker1=10.0.0.6', workers: '10.0.0.7' }, 'Two hosts would be named worker1'],
    [{ hosts: 'all=10.0.0.5' }, 'all is the name of a group'],
    [{ hosts: 'M_1=10.0.0.5' }, 'M_1 is not a DNS name'],
    [{ hosts: 'localhost' }, 'localhost is 127.0.0.1 here'],
  ])('%j is refused', async (o, what) => {
    await expect(generated(o)).rejects.toThrow(what);
  });

  it.skipIf(missingForPty())('asks on a terminal where nothing was given', async () => {
    const cli = new Cli(['inventory', 'generate'], { cwd: dir, pty: true, env: { TERM: 'xterm' } });
    const answers: [string, string][] = [
      ['Control planes', '10.0.0.300'],
      ['10.0.0.300 is not a host', '10.0.0.5'],
      ['Workers', ''],
      ['User to log in as', 'ubuntu'],
      ['Use sudo', ''],
      ['Kubernetes version', ''],
      ['Pod network', ''],
      ['Output directory', 'asked'],
    ];
    for (const [question, answer] of answers) {
      await cli.shows(question);
      cli.type(`${answer}\r`);
    }
    expect(await cli.ended).toBe(0);
    expect(readFileSync(join(dir, 'asked/hosts.ini'), 'utf8')).toContain('cp1 ansible_host=10.0.0.5 ip=10.0.0.5');
    expect(readFileSync(join(dir, 'asked/group_vars/all.yml'), 'utf8')).toMatch(/^ansible_user: ubuntu$/m);
  });
});
