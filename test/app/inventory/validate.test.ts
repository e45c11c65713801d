import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { inventoryValidate } from '../../../src/app/inventory/validate.js';
import { namesWithoutEffect, withoutEffect } from '../../../src/cluster/kubespray/kubespray.js';
import { SETTING_NAMES } from '../../../src/cluster/settings.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-validate-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Found {
  readonly severity: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly why?: string;
  readonly todo?: string;
}

let count = 0;
async function validate(
  files: Readonly<Record<string, string>>,
  o: { strict?: boolean; mode?: number; source?: string } = {},
): Promise<{ code: number; findings: readonly Found[]; text: string }> {
  const folder = join(dir, `${count++}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), o.mode ?? 0o600);
  }
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  try {
    const options = { inventory: [join(folder, o.source ?? 'hosts.ini')], extraVars: [], strict: o.strict ?? false };
    const code = await inventoryValidate({ ...options, json: true });
    const json = out.splice(0).join('');
    await inventoryValidate({ ...options, json: false });
    return { code, findings: JSON.parse(json).findings, text: out.join('').replaceAll(`${folder}/`, '') };
  } finally {
    spy.mockRestore();
  }
}

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

/** Findings for one more file of group variables. */
const vars = async (text: string) => (await validate({ 'hosts.ini': HOSTS, 'group_vars/all.yml': text })).findings;
const hosts = async (text: string) => (await validate({ 'hosts.ini': text })).findings;
const one = (what: RegExp, severity = 'error', line = 1) =>
  expect.arrayContaining([expect.objectContaining({ severity, message: expect.stringMatching(what), line })]);

describe('inventory validate', () => {
  it('has no findings for a valid one', async () => {
    const { code, text } = await validate({ 'hosts.ini': HOSTS }, { strict: true });
    expect([code, text]).toEqual([0, '2 hosts: no errors, no warnings\n']);
  });

  it.each([
    ['kubelet_max_pods: many', /^kubelet_max_pods must be a number/, 'error'],
    ['kube_proxy_mode: userspace', /^kube_proxy_mode must be one of iptables, ipvs, nftables/, 'error'],
    ['nat_outgoing: perhaps', /^nat_outgoing must be true or false/, 'error'],
    ['supplementary_addresses_in_ssl_keys: one', /must be a list/, 'error'],
    ['loadbalancer_apiserver: {port: 1}', /^loadbalancer_apiserver address must be text/, 'error'],
    ['kube_version: 1.99.0', /1\.99\.0 is not known/, 'error'],
    ['kubelet_max_pods: -5', /^kubelet_max_pods must be at least 1/, 'error'],
    ['calico_pool_blocksize: 8', /^calico_pool_blocksize must be at least 20/, 'error'],
    ['kubeadm_init_timeout: soon', /^kubeadm_init_timeout must be a number/, 'error'],
    ['kube_pods_subnet: 10.233.0.0/17', /overlap/, 'error'],
    ['kube_pods_subnet: 10.0.0.0/16', /overlaps the network of the hosts/, 'error'],
    ['kube_pods_subnet: 10.200.0.0/24', /too small for 2 nodes/, 'error'],
    ['kubelet_max_pods: 500', /254 addresses, fewer than kubelet_max_pods 500/, 'error'],
    ['kube_network_node_prefix: 10', /does not fit/, 'error'],
    ['cluster_name: "{{ domian }}"\ndomain: x', /domian is undefined/, 'error'],
    ['node_taints: [bad]', /node_taints is not valid: bad/, 'error'],
    ['ansible_port: 99999', /must be a port/, 'error'],
    ['kube_service_addresses: 10.96.0.0/30', /^kube_service_addresses 10\.96\.0\.0\/30 is too small/, 'error'],
    ['kube_service_addresses: 10.64.0.0/10', /^kube_service_addresses 10\.64\.0\.0\/10 is too large/, 'error'],
    ['skydns_server: 10.9.9.9', /^skydns_server 10\.9\.9\.9 is not in kube_service_addresses/, 'error'],
    ['skydns_server: 10.233.0.1', /^skydns_server 10\.233\.0\.1 is the address of the API server/, 'error'],
    ['kube_apiserver_node_port_range: some', /^kube_apiserver_node_port_range must be two ports/, 'error'],
    ['kube_apiserver_node_port_range: 32767-30000', /^kube_apiserver_node_port_range must be two ports/, 'error'],
    ['kube_version: 1.30', /^Kubernetes 1\.3 is not known/, 'error'],
    ['ansible_usr: x', /^there is no variable ansible_usr/, 'warning'],
    ['ansible_hots: 10.0.0.9', /^there is no variable ansible_hots/, 'warning'],
    ['kube_verson: 1.34.11', /^there is no setting kube_verson/, 'warning'],
    ['kubelet_max_podz: 1', /^there is no setting kubelet_max_podz/, 'warning'],
    ['kube_of_my_own: 1', /^there is no setting kube_of_my_own/, 'warning'],
    ['kubewright_bundel: x', /^there is no setting kubewright_bundel/, 'warning'],
    ['metallb_enabled: true', /^metallb_enabled has no effect here/, 'warning'],
    ['etcd_deployment_type: kubeadm', /^etcd_deployment_type has no effect here/, 'warning'],
    ['ipv6_stack: true', /^ipv6_stack has no effect here/, 'warning'],
    ['helm_enabled: false', /^helm_enabled has no effect here/, 'info'],
    ['kube_basic_auth: true', /^kube_basic_auth has no effect here/, 'warning'],
    ['etcd_kubeadm_enabled: false', /^etcd_kubeadm_enabled has no effect here/, 'info'],
    // As in the samples of older releases.
    ['kube_users_dir: "{{ kube_config_dir }}/users"', /^kube_users_dir has no effect here/, 'info'],
    ['kubeadm_control_plane: false', /^kubeadm_control_plane has no effect here/, 'info'],
    ['enable_dual_stack_networks: false', /^enable_dual_stack_networks has no effect here/, 'info'],
    ['kube_apiserver_insecure_port: 0', /^kube_apiserver_insecure_port has no effect here/, 'info'],
    ['docker_rpm_keepcache: 0', /^docker_rpm_keepcache has no effect here/, 'info'],
    ['kube_ovn_encap_checksum: true', /^kube_ovn_encap_checksum has no effect here/, 'info'],
    [
      "kube_apiserver_ip: \"{{ kube_service_addresses|ipaddr('net')|ipaddr(1)|ipaddr('address') }}\"",
      /^kube_apiserver_ip has no effect here/,
      'info',
    ],
    ['enable_dual_stack_networks: true', /^enable_dual_stack_networks has no effect here/, 'warning'],
    ['kubelet_seccomp_default: true', /^kubelet_seccomp_default has no effect here/, 'warning'],
    ['tiller_max_history: 5', /^tiller_max_history has no effect here/, 'warning'],
    ['kube_cert_dir: "{{ kube_config_dir }}/ssl"', /^kube_cert_dir has no effect here/, 'info'],
  ])('%s', async (text, what, severity) => {
    const findings = await vars(text);
    expect(findings).toEqual(one(what, severity));
    expect(findings.find((f) => what.test(f.message))?.file).toMatch(/all\.yml$/);
  });

  it.each([
    ['the same address twice', HOSTS.replace('ip=10.0.0.2', 'ip=10.0.0.1'), /m1 and w1 have the same address/, 'error', 3],
    ['no address', HOSTS.replace('w1 ansible_host=10.0.0.2 ip=10.0.0.2', 'w1'), /w1 has no address/, 'error', 3],
    ['even etcd', `${HOSTS}[etcd]\nm1\nw1\n`, /2 etcd members: the number must be odd/, 'error', 11],
    ['even etcd of control planes', HOSTS.replace('[kube-master]\n', '[kube-master]\nw1\n'), /2 etcd members/, 'error', 4],
    [
      'an etcd member twice',
      `${HOSTS.replace('ip=10.0.0.2', 'ip=10.0.0.2 etcd_member_name=etcd1')}[etcd]\nm1\nw1\n[all]\nw2 ansible_host=10.0.0.3\n[etcd]\nw2\n`,
      /^m1 and w1 are the same etcd member etcd1/,
      'error',
      3,
    ],
    ['IPv6', HOSTS.replaceAll('10.0.0.2', 'fd00::2'), /^ip of w1 is not an IPv4 address: fd00::2$/, 'error', 3],
    ['no number', HOSTS.replaceAll('10.0.0.2', '10.0.0.256'), /^ip of w1 is not an IPv4 address/, 'error', 3],
    ['a name', HOSTS.replace('ip=10.0.0.2', '').replace('10.0.0.2', 'w1.lan'), /^ansible_host of w1 is not an IPv4/, 'error', 3],
    ['access_ip', HOSTS.replace('ip=10.0.0.2', 'ip=10.0.0.2 access_ip=w1'), /^access_ip of w1 is not an IPv4/, 'error', 3],
    [
      'one machine under two names',
      HOSTS.replace('ansible_host=10.0.0.2', 'ansible_host=10.0.0.1'),
      /^m1 and w1 are reached at the same address 10\.0\.0\.1:22/,
      'error',
      3,
    ],
    ['an empty etcd', `${HOSTS}[etcd]\n`, /^The group etcd is empty/, 'warning', 11],
    ['an empty group', `${HOSTS}[gpu]\n`, /^The group gpu is empty/, 'info', 11],
    ['a name that is no node name', HOSTS.replaceAll('w1', 'W_1'), /W_1 cannot be the name of a node/, 'error', 3],
    ['a misspelt group', HOSTS.replaceAll('kube-node', 'kube_nodes'), /The group kube_nodes means nothing here/, 'warning', 6],
    ['machines outside', `${HOSTS}[other]\nx1\n`, /One host takes no part in the cluster: x1/, 'info', 12],
  ])('%s', async (_, text, what, severity, line) => {
    expect(await hosts(text)).toEqual(one(what, severity, line));
  });

  it('a default subnet that contains hosts: the place of the host', async () => {
    expect(await hosts(HOSTS.replaceAll('10.0.0.2', '10.233.64.9'))).toEqual([
      expect.objectContaining({ line: 3, column: 29, why: 'w1 (10.233.64.9) is in it' }),
    ]);
  });

  it.each([
    ['container_manager: docker', 'Write container_manager: containerd, or remove it'],
    ['kube_network_plugin: cilium', 'Write one of them, or remove it for calico'],
    ['nginx_kube_apiserver_port: 7443', 'Write loadbalancer_apiserver_port'],
    ['supplementary_addresses_in_ssl_keys: 10.0.0.9', 'Write supplementary_addresses_in_ssl_keys: [10.0.0.9]'],
    [
      'supplementary_addresses_in_ssl_keys: \'["10.0.0.9", api.x.org]\'',
      'Write supplementary_addresses_in_ssl_keys: [10.0.0.9, api.x.org]',
    ],
    ['kube_network_node_prefix: many', 'Write it as kube_network_node_prefix: 24'],
    ['kubernetes_audit: true', 'Remove it or set it to false if that is acceptable'],
    ['kube_network_plugin: cni', 'Write kube_network_plugin: none for a network that you install yourself'],
  ])('says what to write instead: %s', async (text, fix) => {
    expect((await vars(text)).map((f) => f.todo)).toEqual([fix]);
  });

  it.each([
    ['cilium_encryption_enabled: true', /^kube_network_plugin is/],
    ['kube_ovn_encap_checksum: false', /^kube_network_plugin is/],
    ['external_openstack_lbaas_monitor_max_retries: 9', /no cloud provider/],
    ['tls_min_version: VersionTLS13', /kube_kubeadm_apiserver_extra_args/],
    ['kube_read_only_port: 10255', /kubelet_config_extra_args/],
    ['enable_network_policy: false', /does not use it/],
  ])('says why it has no effect: %s', async (text, why) => {
    expect((await vars(text))[0]?.why).toMatch(why);
  });

  it('all problems of a connection at once, each once', async () => {
    const wrong = 'ansible_become: maybe\nansible_port: many\nansible_become_method: pfexec\nansible_user: "{{ nobody }}"\n';
    const found = await validate({
      'hosts.ini': HOSTS.replace('ip=10.0.0.2', 'ip=10.0.0.2 ansible_port=0'),
      'group_vars/all.yml': wrong,
    });
    expect(found.findings.map((f) => [f.file?.split('/').at(-1), f.line])).toEqual([
      ['all.yml', 1],
      ['all.yml', 2],
      ['all.yml', 3],
      ['all.yml', 4],
      ['hosts.ini', 3],
    ]);
  });

  it('suggests an address in the syntax of the file', async () => {
    const yaml = `all:
  hosts: {m1: {ip: ''}, w1: }
  children: {kube_control_plane: {hosts: {m1: }}, kube_node: {hosts: {w1: }}}
`;
    const found = (await validate({ 'hosts.yml': yaml }, { source: 'hosts.yml' })).findings;
    expect(found.map((f) => [f.message, f.todo])).toEqual([
      ['ip of m1 is empty', 'Write ip: ADDRESS, or remove it'],
      ['w1 has no address', 'Write ansible_host: ADDRESS and ip: ADDRESS below w1'],
    ]);
  });

  it('accepts the durations of kubespray', async () => {
    for (const text of ['300s', '5m', '1h', '300']) expect(await vars(`kubeadm_init_timeout: ${text}`)).toEqual([]);
  });

  it('says that a version was read as a number', async () => {
    const [found] = await vars('kube_version: 1.30\n');
    expect([found?.why, found?.todo]).toEqual(['YAML reads 1.30 as the number 1.3', "Put it in quotes: kube_version: '1.30'"]);
  });

  it('has no findings for ports of one address, jump hosts, and similar names that Ansible knows', async () => {
    const forwarded = HOSTS.replace('10.0.0.1 ', '127.0.0.1 ansible_port=2201 ').replace(
      '10.0.0.2 ',
      '127.0.0.1 ansible_port=2202 ',
    );
    expect(await hosts(forwarded)).toEqual([]);
    const through = (n: number): string => `ansible_host=10.0.0.1 ansible_ssh_common_args='-o ProxyJump=jump${n}'`;
    expect(await hosts(HOSTS.replace('ansible_host=10.0.0.1', through(1)).replace('ansible_host=10.0.0.2', through(2)))).toEqual(
      [],
    );
    expect(await vars('ansible_python_interpreter: /usr/bin/python3\nansible_ssh_user: x\nansible_hosts_file: y\n')).toEqual([]);
  });

  it('variables of groups and hosts that do not exist', async () => {
    const { findings, code } = await validate(
      {
        'hosts.ini': HOSTS,
        'group_vars/kube_nodes.yml': 'kubelet_max_pods: 50\n',
        'group_vars/kube_node.yml': 'kubelet_max_pods: 50\n',
        'group_vars/elsewhere/a.yml': 'a: 1\n',
        'group_vars/README.md': '',
        'host_vars/w2.yaml': 'a: 1\n',
        'host_vars/w1.yml': 'a: 1\n',
      },
      { strict: true },
    );
    const told = findings.map((f) => [f.severity, f.file?.split('/').slice(-2).join('/'), f.message, f.todo ?? null]);
    expect([code, told]).toEqual([
      2,
      [
        ['info', 'group_vars/elsewhere', 'There is no group elsewhere: these variables are not read', null],
        [
          'warning',
          'group_vars/kube_nodes.yml',
          'There is no group kube_nodes: these variables are not read',
          'Did you mean kube-node?',
        ],
        ['info', 'host_vars/w2.yaml', 'There is no host w2: these variables are not read', null],
      ],
    ]);
  });

  it('all files and lines that cannot be read, at once', async () => {
    const files = {
      'hosts.ini': HOSTS,
      'group_vars/all.yml': 'a: [1\n',
      'group_vars/kube-node.yml': '- a\n',
      'host_vars/w1.yml': 'a: {{ b }}\n',
    };
    const place = (f: Found): string => `${f.file?.split('/').at(-1)}:${f.line}`;
    expect((await validate(files)).findings.map(place)).toEqual(['all.yml:2', 'kube-node.yml:1', 'w1.yml:1']);
    const lines = await hosts('[kube-master]\nm1 foo\nm2 a="\nm3\n[kube-node\nx y\n[etcd:childern]\nq r\n[all:vars]\nb\n');
    expect(lines.map((f) => f.line)).toEqual([2, 3, 5, 6, 7, 10]);
  });

  it.each([
    ['a: {{ b }}\n', 1],
    ['b: 1\na: {{ b }}/c\n', 2],
    ['b: 1\nlist:\n  - {{ b }}\n', 3],
    ['b: 1\na: {% if b %}c{% endif %}\n', 2],
  ])('a template without quotes: %j', async (text, line) => {
    expect(await vars(text)).toEqual([
      expect.objectContaining({ line, message: 'This is not valid YAML', todo: 'Put the template in quotes: "{{ … }}"' }),
    ]);
  });

  it('a template without quotes, in INI', async () => {
    expect(await hosts(HOSTS.replace('ip=10.0.0.2', 'ip={{ ansible_host }}'))).toEqual([
      expect.objectContaining({ line: 3, column: 26, todo: 'Put the template in quotes: ip="{{ … }}"' }),
    ]);
  });

  it('the place of a warning, even if its path has spaces', async () => {
    const { findings } = await validate({ 'hosts.ini': HOSTS, 'group_vars/all/two words.yml': 'a: 1\na: 2\n' });
    expect(findings).toEqual([expect.objectContaining({ file: expect.stringMatching(/two words\.yml$/), line: 2 })]);
  });

  it('groups that stay empty', async () => {
    const noWorkers = await hosts(HOSTS.replace('[kube-node]\nw1\n', '[kube-node]\n'));
    expect(noWorkers.map((f) => f.message)).toContain('The cluster has no workers');
    const noMasters = await validate({ 'hosts.ini': HOSTS.replace('[kube-master]\nm1\n', '[kube-master]\n') });
    expect([noMasters.code, noMasters.findings.map((f) => f.message)]).toEqual([
      2,
      expect.arrayContaining(['The inventory has no control plane']),
    ]);
  });

  it('passwords in plain text, only if all users can read them', async () => {
    const files = {
      'hosts.ini': HOSTS,
      'group_vars/all.yml': 'ansible_password: geheim\nregistry_password: "{{ ansible_password }}"\n',
    };
    const open = await validate(files, { mode: 0o644 });
    expect(open.findings).toEqual([
      expect.objectContaining({
        severity: 'warning',
        line: 1,
        message: expect.stringMatching(/^ansible_password is plain text/),
      }),
    ]);
    expect(open.text).not.toContain('geheim');
    expect((await validate(files, { mode: 0o640 })).findings).toEqual([]);
  });

  it("a user's own variables, used by others or not, are no findings", async () => {
    expect(await vars('my_domain: a\nsite: b\nkube_helper: c\ncluster_name: "{{ kube_helper }}.{{ my_domain }}"\n')).toEqual([]);
  });

  it('reports everything at once, by file and line, in a stable order', async () => {
    const files = {
      'hosts.ini': HOSTS.replace('ip=10.0.0.2', 'ip=10.0.0.1'),
      'group_vars/all.yml': 'kubelet_max_pods: many\nkube_verson: 1\nkube_proxy_mode: x\ncluster_name: "{{ nowhere }}"\n',
    };
    const first = await validate(files);
    expect(first.findings.map((f) => `${f.file?.split('/').at(-1)}:${f.line} ${f.severity}`)).toEqual([
      'all.yml:1 error',
      'all.yml:2 warning',
      'all.yml:3 error',
      'all.yml:4 error',
      'hosts.ini:3 error',
    ]);
    expect((await validate(files)).text).toBe(first.text);
    expect(first.text).toMatch(/error: \S*group_vars\/all\.yml:3:1: kube_proxy_mode must be[\s\S]*4 errors, 1 warning\n$/);
  });

  it('treats warnings as errors only if strict; an unreadable file is an error', async () => {
    const files = { 'hosts.ini': HOSTS, 'group_vars/all.yml': 'metallb_enabled: true\n' };
    expect([(await validate(files)).code, (await validate(files, { strict: true })).code]).toEqual([0, 2]);
    const broken = await validate({ 'hosts.ini': HOSTS, 'group_vars/all.yml': 'a: [1\n' });
    expect([broken.code, broken.findings[0]]).toEqual([
      2,
      expect.objectContaining({ severity: 'error', line: expect.any(Number) }),
    ]);
  });
});

describe('the table of variables without effect', () => {
  it('has a reason for each, and contains no setting of Kubewright', () => {
    const names = namesWithoutEffect();
    expect(names.length).toBeGreaterThan(1500);
    expect(names.filter((n) => SETTING_NAMES.includes(n))).toEqual([]);
    expect(names.filter((n) => !withoutEffect(n, null)?.why)).toEqual([]);
  });

  /** Settings that kubespray users have; each has an effect or a finding. */
  it.each(
    `kube_version cluster_name bin_dir kube_config_dir container_manager kube_proxy_mode kube_proxy_strict_arp kubelet_max_pods
    kube_override_hostname local_release_dir retry_stagger kube_network_plugin kube_service_addresses kube_pods_subnet
    kube_network_node_prefix ipv4_stack ipv6_stack kube_apiserver_port kube_apiserver_bind_address loadbalancer_apiserver
    loadbalancer_apiserver_localhost loadbalancer_apiserver_type supplementary_addresses_in_ssl_keys
    kube_apiserver_node_port_range kubeadm_init_timeout calico_network_backend calico_vxlan_mode calico_ipip_mode
    calico_datastore calico_pool_blocksize global_as_num peer_with_router nat_outgoing calico_mtu typha_enabled
    calico_bpf_enabled calico_wireguard_enabled dns_mode enable_nodelocaldns nodelocaldns_ip resolvconf_mode
    upstream_dns_servers skydns_server etcd_deployment_type etcd_data_dir etcd_retries etcd_quota_backend_bytes
    etcd_backup_retention_count kube_cert_validity_period kube_ca_cert_validity_period auto_renew_certificates
    kube_encrypt_secret_data kube_encryption_algorithm kubernetes_audit kubelet_rotate_server_certificates download_run_once
    download_localhost download_force_cache skip_downloads kube_image_repo docker_image_repo quay_image_repo files_repo
    registry_host http_proxy https_proxy no_proxy containerd_registries_mirrors drain_grace_period drain_timeout serial
    reset_nodes allow_ungraceful_removal flush_iptables kubeconfig_localhost helm_enabled metallb_enabled
    metrics_server_enabled cert_manager_enabled local_path_provisioner_enabled kube_vip_enabled
    kube_vip_controlplane_enabled kube_vip_address cluster_id`.split(/\s+/),
  )('%s', (name) => {
    expect(SETTING_NAMES.includes(name) || withoutEffect(name, null) !== undefined).toBe(true);
  });

  const what = async (text: string): Promise<string[]> => (await vars(text)).map((f) => `${f.severity}: ${f.message}`);

  it.each([
    ['cluster_name: my cluster', 'cluster_name must be a DNS name'],
    ['cluster_name: Cluster.Local', 'cluster_name must be a DNS name'],
    ['http_proxy: proxy:3128', 'http_proxy must be a URL'],
    ['https_proxy: socks5://proxy:1080', 'https_proxy must be a URL'],
    ['files_repo: foo', 'files_repo must be a URL'],
    ['kube_image_repo: http://x', 'kube_image_repo must be a registry'],
    ['docker_image_repo: registry.example.org:5000/', 'docker_image_repo must be a registry'],
    ['apiserver_loadbalancer_domain_name: lb_1', 'apiserver_loadbalancer_domain_name must be a DNS name'],
    ['loadbalancer_apiserver: {address: "10.0.0.9:6443"}', 'loadbalancer_apiserver address must be a name or an address'],
    ['skydns_server: dns', 'skydns_server must be an IPv4 address'],
    ['calico_version: 9.9.9', 'calico_version 9.9.9 has no known checksum'],
    ['node_labels: {bad key: x}', 'node_labels of m1: "bad key" cannot be the name of a label'],
    ['node_labels: {a.example.org/b: x y}', 'node_labels of m1: "x y" cannot be the value of a.example.org/b'],
    ['kube_apiserver_node_port_range: 6000-7000', 'kube_apiserver_node_port_range 6000-7000 holds port 6443 of the API server'],
    [
      'loadbalancer_apiserver_healthcheck_port: 6443',
      'kube_apiserver_port 6443 is the port of the health of the local load balancer too',
    ],
    [
      'kube_apiserver_port: 8443\nloadbalancer_apiserver_port: 6443',
      'loadbalancer_apiserver_port 6443 is not kube_apiserver_port 8443',
    ],
    ['etcd_heartbeat_interval: 2000', 'etcd_election_timeout 5000 is less than five times etcd_heartbeat_interval 2000'],
    ['kube_encrypt_secret_data: true', 'kube_encrypt_secret_data is on, and Kubewright cannot do that yet'],
    ['kubernetes_audit: "yes"', 'kubernetes_audit is on, and Kubewright cannot do that yet'],
  ])('%s is an error', async (text, message) => {
    const found = await what(text);
    expect(found.filter((f) => f.startsWith('error:'))[0]).toContain(message);
    expect(found.filter((f) => f.startsWith('warning:'))).toEqual([]);
  });

  it.each([
    'cluster_name: cluster-1.example.org',
    'http_proxy: http://user:p%40ss@proxy.example.org:3128/',
    'kube_image_repo: registry.example.org:5000/k8s/mirror',
    'docker_image_repo: 10.0.0.5:5000',
    'node_labels: {node-role.kubernetes.io/x: "", a: "1"}',
    'kube_encrypt_secret_data: false',
    'apiserver_loadbalancer_domain_name: ""\nhttp_proxy: ""\nfiles_repo: ""\nskydns_server: ""',
    // A user's own name that an old release of kubespray had, too.
    'os_family: debian',
    'kube_apiserver_port: 8443',
    'kube_apiserver_port: 8443\nloadbalancer_apiserver_port: 8443',
    'loadbalancer_apiserver: {address: lb.example.org, port: 8443}\nkube_apiserver_port: 7443',
  ])('%s is fine', async (text) => {
    expect((await what(text)).filter((f) => !f.startsWith('info:'))).toEqual([]);
  });

  it.each([
    ['127.0.0.1', 'is every host itself'],
    ['0.0.0.0', 'means no host'],
    ['224.0.0.5', 'is a multicast group'],
    ['169.254.7.7', 'is only known on its own link'],
    ['255.255.255.255', 'is reserved'],
  ])('no node can have the address %s', async (address, why) => {
    const found = await hosts(HOSTS.replace('ip=10.0.0.2', `ip=${address}`));
    expect(found).toMatchObject([{ severity: 'error', message: `ip of w1 is not an address that a node can have: ${address}` }]);
    expect(found[0]?.why).toContain(why);
  });

  it('hosts with the same sort of impossible address share one problem', async () => {
    const workers = Array.from({ length: 12 }, (_, i) => `w${i + 1} ansible_host=127.0.0.${i + 1}\n`).join('');
    const found = await hosts(`[kube_control_plane]\nm1 ansible_host=10.0.0.1\n[etcd]\nm1\n[kube_node]\n${workers}`);
    expect(found.map((f) => f.message)).toEqual([
      'ansible_host of w1…w12 (12) is not an address that a node can have: 127.0.0.1 …',
    ]);
  });

  it('keys inside of settings are checked like settings', async () => {
    const found = await vars(
      'loadbalancer_apiserver: {address: lb.example.org, prt: 8443}\ncontainerd_registries_mirrors:\n' +
        '- {prefix: docker.io, server: "https://m", mirrors: [{host: "http://m", override_path: true, skip_verfy: true, dial: 1}]}\n',
    );
    expect(found.map((f) => [f.severity, f.message, f.todo])).toEqual([
      ['warning', 'loadbalancer_apiserver has no prt', 'Did you mean port?'],
      ['warning', 'containerd_registries_mirrors.mirrors has no dial', 'Remove dial'],
      ['warning', 'containerd_registries_mirrors.mirrors has no skip_verfy', 'Did you mean skip_verify?'],
    ]);
  });

  it('goes on behind a file that cannot be read, and tells nothing that may only be missing for it', async () => {
    const files = {
      'hosts.ini': HOSTS.replace('w1 ansible_host=10.0.0.2 ip=10.0.0.2', 'w1'),
      'group_vars/all.yml': 'cluster_name: no good\n',
      'host_vars/w1.yml': 'ip: [10.0.0.2\n',
      'host_vars/m1.yml': 'a: }\n',
    };
    const { findings, code } = await validate(files);
    expect(code).toBe(2);
    expect(findings.map((f) => `${f.file?.split('/').at(-1)} ${f.severity}`)).toEqual([
      'all.yml error',
      'm1.yml error',
      'w1.yml error',
    ]);
  });

  it('prints the errors last, and infos of one reason once', async () => {
    const { text } = await validate({
      'hosts.ini': HOSTS,
      'group_vars/all.yml':
        'kube_proxy_mode: x\ndownload_run_once: false\ndownload_localhost: false\ndownload_cache_dir: /tmp/kubespray_cache\nmetallb_enabled: true\n',
    });
    const lines = text
      .trim()
      .split('\n')
      .filter((l) => /^(error|warning|info):|errors?,/.test(l));
    expect(lines.map((l) => l.split(':')[0])).toEqual(['info', 'warning', 'error', '1 error, 1 warning']);
    expect(lines[0]).toMatch(/^info: download_\w+, download_\w+, download_\w+ have no effect here/);
  });

  it('warns of variables that only Ansible heeds, and of old names beside new ones', async () => {
    const found = await hosts(
      HOSTS.replace(
        'w1 ',
        'w1 ansible_ssh_executable=/opt/ssh ansible_ssh_user=a ansible_user=b ansible_shell_executable=/bin/bash ',
      ),
    );
    expect(found.map((f) => `${f.severity}: ${f.message}`)).toEqual([
      'warning: ansible_ssh_executable has no effect here',
      'warning: ansible_ssh_user counts, and ansible_user has no effect',
    ]);
  });

  it('what kubeconfig_localhost leaves in a directory of inventories is not read', async () => {
    const admin = 'apiVersion: v1\nclusters: []\nkind: Config\n';
    const files = { 'inv/hosts': HOSTS, 'inv/artifacts/admin.conf': admin };
    expect((await validate(files, { source: 'inv' })).findings.filter((f) => f.severity === 'error')).toEqual([]);
  });
});
