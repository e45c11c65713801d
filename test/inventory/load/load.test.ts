import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadInventory } from '../../../src/inventory/load/load.js';
import type { Inventory } from '../../../src/inventory/model/model.js';

const root = mkdtempSync(join(tmpdir(), 'kubewright-inventory-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
function folder(files: Readonly<Record<string, string>>): string {
  const dir = join(root, `${count++}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

const varOf = (i: Inventory, host: string, name: string): unknown => i.hosts.get(host)?.vars.get(name)?.value;

const RICH = {
  'hosts.ini': `# comment
lone ansible_port=2200 text="two words" # comment
[web]
www[01:03].example.com http_port=80
db-[a:c] list="[1,'two',3.5]" none=None flag=True quoted="'kept'" hash='a#b' zero=007
[web:vars]
where = web
number=42
text = not "unquoted"
maths = {'a': {'b': [1, 2]}}
[kube-master]
www01.example.com
[kube-node]
db-a
[k8s-cluster:children]
kube-master
kube-node
[all:vars]
where=all
`,
  'group_vars/all.yml': '---\nwhere: all-file\nfrom_all: yes\n',
  'group_vars/web.yml': 'where: web-file\n',
  'group_vars/kube-master/a.yml': 'role: master\norder: a\n',
  'group_vars/kube-master/b.yml': 'order: b\n',
  'host_vars/db-a.yml': 'where: host-file\n',
};

describe('an INI inventory', () => {
  it('gives hosts, groups and values as Ansible reads them', async () => {
    const i = await loadInventory([join(folder(RICH), 'hosts.ini')]);
    expect([...i.hosts.keys()]).toEqual([
      'lone',
      'www01.example.com',
      'www02.example.com',
      'www03.example.com',
      'db-a',
      'db-b',
      'db-c',
    ]);
    expect(i.groups.get('kube_control_plane')?.hosts).toEqual(['www01.example.com']);
    expect(i.groups.get('k8s_cluster')?.hosts.toSorted()).toEqual(['db-a', 'www01.example.com']);
    expect(i.groups.get('etcd')?.hosts).toEqual(['www01.example.com']);
    expect(varOf(i, 'lone', 'ansible_port')).toBe(2200);
    expect(varOf(i, 'lone', 'text')).toBe('two words');
    expect(varOf(i, 'db-b', 'list')).toEqual([1, 'two', 3.5]);
    expect(varOf(i, 'db-b', 'none')).toBeNull();
    expect(varOf(i, 'db-b', 'flag')).toBe(true);
    expect(varOf(i, 'db-b', 'hash')).toBe('a#b');
    expect(varOf(i, 'db-b', 'number')).toBe(42);
    expect(varOf(i, 'db-b', 'maths')).toEqual({ a: { b: [1, 2] } });
  });

  it('resolves variables by precedence and remembers where they came from', async () => {
    const i = await loadInventory([join(folder(RICH), 'hosts.ini')], {
      extraVars: new Map([['extra', { value: 'x', source: { file: '-e', line: 0, column: 0 } }]]),
    });
    expect(varOf(i, 'lone', 'where')).toBe('all-file');
    expect(varOf(i, 'db-b', 'where')).toBe('web-file');
    expect(varOf(i, 'db-a', 'where')).toBe('host-file');
    expect(varOf(i, 'www01.example.com', 'role')).toBe('master');
    expect(varOf(i, 'www01.example.com', 'order')).toBe('b');
    expect(varOf(i, 'lone', 'from_all')).toBe(true);
    expect(varOf(i, 'lone', 'extra')).toBe('x');
    expect(i.hosts.get('db-b')?.vars.get('where')?.source).toMatchObject({ line: 1, column: 1 });
  });

  const oracle = spawnSync('sh', ['-c', 'command -v ansible-inventory']).status === 0;
  it.skipIf(!oracle)('agrees with ansible-inventory (skipped where that is not installed)', async () => {
    const dir = folder(RICH);
    const path = join(dir, 'hosts.ini');
    const said = JSON.parse(
      execFileSync('ansible-inventory', ['-i', path, '--list'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
    const i = await loadInventory([path]);
    // Two things are ours: group_vars under a group's old name serve its new one, and names of groups are the new ones.
    for (const [host, vars] of Object.entries<Record<string, unknown>>(said._meta.hostvars)) {
      const own = Object.fromEntries([...(i.hosts.get(host)?.vars ?? new Map())].map(([k, v]) => [k, v.value]));
      expect(own, host).toEqual(vars);
    }
    expect(i.groups.get('web')?.hosts).toEqual(said.web.hosts);
  });

  it('is read with CRLF and no last newline; a byte order mark is refused as Ansible refuses it', async () => {
    const i = await loadInventory([
      join(folder({ 'hosts.ini': '[kube-master]\r\nm1 ip=10.0.0.1\r\n[kube-node]\r\nw1' }), 'hosts.ini'),
    ]);
    expect([...i.hosts.keys()]).toEqual(['m1', 'w1']);
    expect(varOf(i, 'm1', 'ip')).toBe('10.0.0.1');
    const marked = loadInventory([join(folder({ 'hosts.ini': '\uFEFF[kube-master]\nm1\n' }), 'hosts.ini')]);
    await expect(marked).rejects.toThrow(/byte order mark/);
  });
});

describe('a YAML inventory', () => {
  it('means the same', async () => {
    const text = `all:
  vars: {color: blue}
  children:
    kube_control_plane:
      hosts:
        m1: {ip: 10.0.0.1}
    kube_node:
      hosts:
        w[1:2]:
      vars:
        color: red
`;
    const i = await loadInventory([join(folder({ 'hosts.yml': text }), 'hosts.yml')]);
    expect(i.groups.get('k8s_cluster')?.hosts).toEqual(['m1', 'w1', 'w2']);
    expect(varOf(i, 'm1', 'color')).toBe('blue');
    expect(varOf(i, 'w2', 'color')).toBe('red');
    expect(i.hosts.get('m1')?.vars.get('ip')?.source).toMatchObject({ line: 6, column: 14 });
  });
});

describe('YAML variables', () => {
  it('follow aliases and merge keys as PyYAML does', async () => {
    const all = 'base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\nsame: *b\nyes_is: yes\nletter: y\nbig: 12345678901234567890\n';
    const i = await loadInventory([join(folder({ 'hosts.ini': 'm1\n', 'group_vars/all.yml': all }), 'hosts.ini')]);
    expect(varOf(i, 'm1', 'mine')).toEqual({ x: 1, y: 3 });
    expect(varOf(i, 'm1', 'same')).toEqual({ x: 1, y: 2 });
    expect(varOf(i, 'm1', 'yes_is')).toBe(true);
    expect(varOf(i, 'm1', 'letter')).toBe('y');
    expect(varOf(i, 'm1', 'big')).toBe('12345678901234567890');
  });
});
