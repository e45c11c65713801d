import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { inventoryResolved } from '../../../src/app/inventory/show.js';
import { PACKAGE_ROOT } from '../../../src/base/package-root.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-resolved-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

mkdirSync(join(dir, 'group_vars', 'all'), { recursive: true });
writeFileSync(
  join(dir, 'hosts.ini'),
  '[all]\nm1 ansible_host=10.0.0.1 ip=10.1.0.1 ansible_password=geheim\nw1 ansible_host=10.0.0.2 kubelet_max_pods=50\n[kube-master]\nm1\n[kube-node]\nw1\n',
);
copyFileSync(new URL('../../fixtures/vault/whole-1.1.yml', import.meta.url), join(dir, 'group_vars', 'all', 'vault.yml'));
writeFileSync(
  join(dir, 'group_vars', 'all', 'vars.yml'),
  'cluster_name: "{{ inventory_hostname_short | length }}.local"\nhttp_proxy: "http://u:{{ vault_password }}@proxy"\nansible_user: "{{ \'admin\' }}"\n',
);
const password = join(dir, 'password');
writeFileSync(password, 'first-pass');

async function resolved(json: boolean): Promise<string> {
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  try {
    const vault = { vaultPasswordFile: [password] };
    expect(await inventoryResolved({ inventory: [join(dir, 'hosts.ini')], extraVars: [], vault, json })).toBe(0);
  } finally {
    spy.mockRestore();
  }
  return out.join('').replaceAll(dir, '');
}

it('shows the roles of each host, and which line of which file set a value', async () => {
  const { settings, hosts } = JSON.parse(await resolved(true));
  expect(settings.cluster_name).toEqual({ value: '2.local', from: '/group_vars/all/vars.yml:1:1' });
  expect(settings.kubelet_max_pods).toEqual({ value: 110, from: 'default' });
  expect(settings.skydns_server).toEqual({ value: '10.233.0.3', from: 'default' });
  expect(settings.loadbalancer_apiserver_localhost).toEqual({ value: true, from: 'default' });
  expect(hosts.m1).toMatchObject({
    roles: ['control plane', 'etcd member etcd1'],
    address: '10.0.0.1',
    ip: '10.1.0.1',
    access_ip: '10.1.0.1',
    user: 'admin',
    groups: expect.arrayContaining(['kube_control_plane', 'k8s_cluster', 'etcd']),
  });
  expect(hosts.w1.variables.kubelet_max_pods).toEqual({ value: 50, from: expect.stringMatching(/^\/hosts\.ini:3:/) });
});

it('shows the user from KUBEWRIGHT_USER and ansible.cfg', async () => {
  const folder = join(dir, 'elsewhere');
  mkdirSync(folder);
  writeFileSync(join(folder, 'users.ini'), '[kube-master]\nm1 ansible_host=10.0.0.1\n');
  const user = async (): Promise<string> => {
    const out: string[] = [];
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
    await inventoryResolved({ inventory: [join(folder, 'users.ini')], extraVars: [], json: true }).finally(() =>
      spy.mockRestore(),
    );
    return JSON.parse(out.join('')).hosts.m1.user;
  };
  vi.stubEnv('ANSIBLE_REMOTE_USER', 'from-ansible');
  try {
    expect(await user()).toBe('from-ansible');
    vi.stubEnv('KUBEWRIGHT_USER', 'from-kubewright');
    expect(await user()).toBe('from-kubewright');
  } finally {
    vi.unstubAllEnvs();
  }
});

const built = existsSync(join(PACKAGE_ROOT, 'dist/cli/main.js'));

it.skipIf(!built)('list --resolved, show and validate read group_vars beside a playbook (needs a build)', () => {
  const folder = join(dir, 'with-playbook');
  mkdirSync(join(folder, 'play/group_vars'), { recursive: true });
  writeFileSync(join(folder, 'hosts.ini'), '[kube-master]\nm1 ansible_host=10.0.0.1\n');
  writeFileSync(join(folder, 'play/group_vars/all.yml'), 'kube_proxy_mode: userspace\n');
  for (const command of [['list', '--resolved'], ['show'], ['validate']]) {
    const args = ['inventory', ...command, '-i', 'hosts.ini', '--playbook-dir', 'play'];
    const { status, stdout, stderr } = spawnSync('node', [join(PACKAGE_ROOT, 'bin/run.js'), ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([status, stdout + stderr]).toEqual([
      2,
      expect.stringMatching(/play\/group_vars\/all\.yml:1:1: .*kube_proxy_mode must be/),
    ]);
  }
});

it('masks secrets', async () => {
  for (const text of [await resolved(true), await resolved(false)]) {
    expect(text).not.toMatch(/hunter2|geheim/);
    expect(text).toMatch(/http_proxy/);
    expect(text).toMatch(/\*\*\*/);
  }
});

it('prints hosts, settings and versions as text', async () => {
  const text = await resolved(false);
  expect(text).toMatch(/^Hosts\n {2}m1 {2}10\.1\.0\.1 {2}admin@10\.0\.0\.1:22 {2}control plane, etcd member etcd1\n/);
  expect(text).toMatch(/\nSettings\n[\s\S]*cluster_name +2\.local +\/group_vars\/all\/vars\.yml:1:1\n/);
  expect(text).toMatch(/\n\d+ settings at the default; kubewright settings lists them\n/);
});

it('folds what hosts share, says which versions come, and has no empty headings', async () => {
  const folder = join(dir, 'nine');
  mkdirSync(join(folder, 'group_vars'), { recursive: true });
  const names = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `n${n}`);
  const lines = names.map((name, i) => `${name} ansible_host=10.0.0.${i + 1} ip=10.0.0.${i + 1}`);
  writeFileSync(
    join(folder, 'hosts.ini'),
    `[all]\n${lines.join('\n')}\n[kube_control_plane]\nn1\n[etcd]\nn1\n[kube_node]\n${names.join('\n')}\n`,
  );
  writeFileSync(join(folder, 'group_vars/all.yml'), 'ansible_user: admin\nansible_become: true\n');
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  await inventoryResolved({ inventory: [join(folder, 'hosts.ini')], extraVars: [], json: false }).finally(() =>
    spy.mockRestore(),
  );
  const text = out.join('').replaceAll(`${folder}/`, '');
  const own = /\nHost variables\n((?: .*\n)+)/
    .exec(text)?.[1]
    ?.trimEnd()
    .split('\n')
    .map((l) => l.trim().split(/ {2,}/));
  expect(own?.sort()).toEqual(
    [
      ['n1…n9 (9)', 'ip', 'see Hosts', 'hosts.ini'],
      ['n1…n9 (9)', 'ansible_host', 'see Hosts', 'hosts.ini'],
      ['n1…n9 (9)', 'ansible_user', 'admin', 'group_vars/all.yml:1:1'],
      ['n1…n9 (9)', 'ansible_become', 'true', 'group_vars/all.yml:2:1'],
    ].sort(),
  );
  expect(text).toMatch(/\nVersions\n(?: .*\n)* {2}etcd +\d+\.\d+\.\d+\n/);
  expect(text).toMatch(/\n\d+ settings at the default; kubewright settings lists them\n/);
  expect(text).not.toMatch(/^Settings$|^ {2}\w+ +-$/m);
});
