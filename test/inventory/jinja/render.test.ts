import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readInventory } from '../../../src/app/inventory/read.js';
import { InputError, type InputErrors } from '../../../src/base/errors.js';
import { whereText } from '../../../src/base/place.js';
import { resolveCluster } from '../../../src/cluster/resolve.js';
import type { Inventory } from '../../../src/inventory/model/model.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-render-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const HOSTS = `[all]
m1 ansible_host=10.0.0.1 ip=10.0.0.1
w1 ansible_host=10.0.0.2 ip=10.0.0.2
[kube-master]
m1
[kube-node]
w1
[k8s-cluster:children]
kube-master
kube-node
`;

let count = 0;
async function inventory(files: Readonly<Record<string, string>>, extraVars: string[] = []): Promise<Inventory> {
  const folder = join(dir, `${count++}`);
  for (const [name, text] of Object.entries({ 'hosts.ini': HOSTS, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return readInventory({ inventory: [join(folder, 'hosts.ini')], extraVars });
}

function value(i: Inventory, host: string, name: string): unknown {
  return i.hosts.get(host)?.vars.get(name)?.value;
}

function refusal(run: () => unknown): InputError {
  try {
    run();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('variables are rendered when they are used', () => {
  it('inventory_dir and inventory_file are absolute, and for a list of hosts what Ansible has there', async () => {
    const folder = join(dir, 'origins');
    mkdirSync(folder);
    writeFileSync(join(folder, 'hosts.ini'), HOSTS);
    const i = await readInventory({
      inventory: [relative(process.cwd(), join(folder, 'hosts.ini')), 'alone,'],
      extraVars: ['place={{ inventory_dir }}', 'file={{ inventory_file }}'],
    });
    expect(value(i, 'm1', 'place')).toBe(folder);
    expect(value(i, 'm1', 'file')).toBe(join(folder, 'hosts.ini'));
    expect(value(i, 'alone', 'place')).toBe('None');
  });

  it('with host variables, magic variables, other hosts and groups of either name', async () => {
    const i = await inventory({
      'group_vars/all.yml': `
domain: example.com
fqdn: "{{ inventory_hostname }}.{{ domain }}"
masters: "{{ groups['kube-master'] | map('extract', hostvars, 'fqdn') | list }}"
same: "{{ groups['kube_control_plane'] == groups['kube-master'] }}"
mine: "{{ group_names }}"
first: "{{ hostvars[groups.kube_control_plane[0]].ip }}"
nested: {list: ["{{ domain }}", 1], text: "{{ fqdn | upper }}"}
`,
    });
    expect(value(i, 'w1', 'fqdn')).toBe('w1.example.com');
    expect(value(i, 'w1', 'masters')).toEqual(['m1.example.com']);
    expect(value(i, 'w1', 'same')).toBe(true);
    expect(value(i, 'w1', 'mine')).toEqual(['k8s-cluster', 'k8s_cluster', 'kube-node', 'kube_node']);
    expect(value(i, 'w1', 'first')).toBe('10.0.0.1');
    expect(value(i, 'm1', 'nested')).toEqual({ list: ['example.com', 1], text: 'M1.EXAMPLE.COM' });
  });

  it("kubespray's own group_vars give the settings that they give there", async () => {
    const i = await inventory({
      'group_vars/k8s_cluster/k8s-cluster.yml': `
kube_config_dir: /etc/kubernetes
kube_cert_dir: "{{ kube_config_dir }}/ssl"
kube_service_addresses: 10.100.0.0/18
kube_pods_subnet: 10.101.0.0/18
kube_apiserver_ip: "{{ kube_service_subnets.split(',') | first | ansible.utils.ipaddr('net') | ansible.utils.ipaddr(1) | ansible.utils.ipaddr('address') }}"
skydns_server: "{{ kube_service_subnets.split(',') | first | ansible.utils.ipaddr('net') | ansible.utils.ipaddr(3) | ansible.utils.ipaddr('address') }}"
dns_domain: "{{ cluster_name }}"
kubeadm_certificate_key: "{{ lookup('password', credentials_dir + '/kubeadm_certificate_key.creds length=64 chars=hexdigits') | lower }}"
kube_image_repo: "{{ registry_host | default('registry.k8s.io') }}"
files_repo: "{{ mirror }}"
mirror: http://mirror.example
kubelet_max_pods: "{{ 100 + 10 }}"
kubeconfig_localhost: "{{ true }}"
`,
    });
    const { settings } = resolveCluster(i).cluster;
    expect(settings).toMatchObject({
      skydns_server: '10.100.0.3',
      kube_image_repo: 'registry.k8s.io',
      files_repo: 'http://mirror.example',
      kubelet_max_pods: 110,
      kubeconfig_localhost: true,
    });
    expect(value(i, 'm1', 'kube_apiserver_ip')).toBe('10.100.0.1');
    expect(value(i, 'm1', 'dns_domain')).toBe('cluster.local');
  });

  it('unused variables may be wrong', async () => {
    const i = await inventory({ 'group_vars/all.yml': 'unused: "{{ nowhere | nofilter }}"\nbroken: "{% if %}"\n' });
    expect(() => resolveCluster(i)).not.toThrow();
  });

  it('extra variables are rendered and win', async () => {
    const i = await inventory({ 'group_vars/all.yml': 'cluster_name: "{{ env_name }}.local"\nenv_name: a\n' }, ['env_name=b']);
    expect(value(i, 'm1', 'cluster_name')).toBe('b.local');
  });

  it('what refers to itself through hostvars finds nothing there, as in Ansible: default() applies', async () => {
    const i = await inventory({
      'group_vars/all.yml': `
etcd_member_name: "{% for h in groups.etcd_of_mine %}{% if h == inventory_hostname %}{{ hostvars[h].etcd_member_name | default('etcd' + loop.index | string) }}{% endif %}{% endfor %}"
etcd_peers: "{% for h in groups.etcd_of_mine %}{{ hostvars[h].etcd_member_name | default('x') }} {% endfor %}"
mine: "{{ hostvars[inventory_hostname].mine }}"
`,
      'hosts.ini': `${HOSTS}[etcd_of_mine]\nm1\nw1\n`,
    });
    expect(value(i, 'w1', 'etcd_peers')).toBe('etcd1 etcd2 ');
    expect([value(i, 'm1', 'etcd_member_name'), value(i, 'w1', 'etcd_member_name')]).toEqual(['etcd1', 'etcd2']);
    expect(refusal(() => value(i, 'm1', 'mine')).parts.what).toMatch(/it refers to itself: mine > mine/);
  });

  it('omit means not set', async () => {
    const i = await inventory({ 'group_vars/all.yml': 'cluster_name: "{{ nowhere | default(omit) }}"\n' });
    expect(resolveCluster(i).cluster.settings.cluster_name).toBe('cluster.local');
  });
});

describe('what cannot be rendered names variable, file and line', () => {
  it.each([
    ['cluster_name: "{{ domian }}"\ndomain: x\n', /cluster_name cannot be rendered: domian is undefined/, ':1:1', /mean domain/],
    ['a: 1\ncluster_name: "{{ a | defualt(1) }}"\n', /there is no filter defualt; did you mean default/, ':2:1', /./],
    ['cluster_name: "{{ b }}"\nb: "{{ c }}"\nc: "{{ b }}"\n', /it refers to itself: b > c > b/, ':1:1', /./],
    ['cluster_name: "{{ cluster_name }}"\n', /it refers to itself: cluster_name > cluster_name/, ':1:1', /./],
    ['cluster_name: "{{ ansible_default_ipv4.address }}"\n', /ansible_default_ipv4 is undefined/, ':1:1', /Host facts/],
    ['cluster_name: "{{ nowhere.deep }}"\n', /nowhere is undefined/, ':1:1', /default/],
    ['cluster_name: "{{ b }}"\nb: "{{ nowhere }}"\n', /nowhere is undefined \(in b\)/, ':1:1', /./],
    ["cluster_name: \"{{ lookup('pipe', 'date') }}\"\n", /lookup\('pipe'\) is not supported/, ':1:1', /./],
    ["cluster_name: \"{{ 'x' | password_hash('sha512') }}\"\n", /password_hash is not supported/, ':1:1', /./],
    ["cluster_name: \"{{ 'http://a' | urlsplit('hostname') }}\"\n", /the filter urlsplit is not supported/, ':1:1', /./],
    ['cluster_name: "{{ [1] | community.general.json_query(\'x\') }}"\n', /json_query is not supported/, ':1:1', /./],
    ['cluster_name: "{{ 1 +"\n', /not closed/, ':1:1', /./],
    ['cluster_name: "{{ \'\'.__class__.__mro__ }}"\n', /has no __class__/, ':1:1', /./],
    ['cluster_name: "{{ \'\'.constructor }}"\n', /has no constructor/, ':1:1', /./],
    ['cluster_name: "{{ \'a\' * 100000000 }}"\n', /larger than/, ':1:1', /./],
    ['cluster_name: "{% for i in range(100000000) %}x{% endfor %}"\n', /range with more than/, ':1:1', /./],
  ])('%s', async (text, what, where, fix) => {
    const i = await inventory({ 'group_vars/all.yml': text });
    const { parts } = refusal(() => value(i, 'm1', 'cluster_name'));
    expect(parts.what).toMatch(what);
    expect(whereText(parts.where ?? '')).toMatch(/group_vars\/all\.yml:/);
    expect(whereText(parts.where ?? '').endsWith(where)).toBe(true);
    expect(parts.fix).toMatch(fix);
  });

  it('reports all of them together, each once', async () => {
    const i = await inventory({ 'group_vars/all.yml': 'cluster_name: "{{ x1 }}"\nkube_pods_subnet: "{{ x2 }}"\n' });
    const error = refusal(() => resolveCluster(i)) as InputErrors;
    expect(
      error.all.map((p) =>
        whereText(p.where ?? '')
          .split('/')
          .at(-1),
      ),
    ).toEqual(['all.yml:1:1', 'all.yml:2:1']);
  });
});
