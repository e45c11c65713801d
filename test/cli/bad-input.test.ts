import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { provision } from '../../src/app/run/provision.js';
import { KubewrightError } from '../../src/base/errors.js';
import { formatError } from '../../src/base/text/render-error.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-input-'));
/** Every host of these inventories is this server: bad input must never reach it. */
let connections = 0;
const server = createServer((socket) => {
  connections++;
  socket.destroy();
});
let port = 0;

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});
afterEach(() => {
  connections = 0;
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

const HOSTS = `[all]
m1 ansible_host=127.0.0.1 ip=10.9.0.1
w1 ansible_host=127.0.0.1 ip=10.9.0.2
`;
const GROUPS = '[kube-master]\nm1\n[kube-node]\nw1\n[k8s-cluster:children]\nkube-master\nkube-node\n';

let count = 0;
function inventory(ini: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(dir, `${count++}`);
  mkdirSync(join(folder, 'group_vars'), { recursive: true });
  writeFileSync(join(folder, 'hosts.ini'), ini);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return join(folder, 'hosts.ini');
}

async function attempt(
  path: string | undefined,
  extraVars: string[] = [],
  more: object = {},
): Promise<{ code: number; text: string }> {
  try {
    const code = await provision({
      inventory: path === undefined ? [] : [path],
      extraVars: [`ansible_port=${port}`, ...extraVars],
      connection: { connectTimeout: 3 },
      view: 'plain',
      tags: [],
      skipTags: [],
      check: false,
      diff: false,
      ...more,
    });
    return { code, text: '' };
  } catch (error) {
    if (!(error instanceof KubewrightError)) throw error;
    return { code: error.exitCode, text: formatError(error) };
  }
}

describe('bad input gets one clear message and exit code 2, and touches no host', () => {
  const cases: [string, () => Promise<{ code: number; text: string }>, RegExp][] = [
    ['no inventory', () => attempt(undefined), /No inventory was given[\s\S]*-i/],
    ['a missing inventory', () => attempt(join(dir, 'nowhere.ini')), /nowhere\.ini: There is no such inventory/],
    ['an empty inventory', () => attempt(inventory('\n# nothing\n')), /hosts\.ini: The inventory has no hosts/],
    ['no masters', () => attempt(inventory(`${HOSTS}[kube-node]\nw1\n`)), /no control plane[\s\S]*kube_control_plane/],
    [
      'a group that does not exist',
      () => attempt(inventory(`${HOSTS}[kube-master]\nm1\n[k8s-cluster:children]\nkube-mastr\n`)),
      /hosts\.ini:7:1: The group kube-mastr is named as a child, but it is not declared/,
    ],
    [
      'the same address twice',
      () => attempt(inventory(`m1 ip=10.9.0.1\nw1 ip=10.9.0.1\n${GROUPS}`)),
      /hosts\.ini:2:4: m1 and w1 have the same address 10\.9\.0\.1/,
    ],
    [
      'an unknown version',
      () => attempt(inventory(HOSTS + GROUPS), ['kube_version=1.34.99']),
      /Kubernetes 1\.34\.99 is not known[\s\S]*Choose one of the nearest: .*1\.34\.11/,
    ],
    [
      'a version without checksums',
      () => attempt(inventory(HOSTS + GROUPS), ['kube_version=1.21.6']),
      /1\.21\.6 cannot be downloaded[\s\S]*bundle[\s\S]*or choose 1\.28\.15/,
    ],
    [
      'an unknown plugin',
      () => attempt(inventory(HOSTS + GROUPS), ['kube_network_plugin=flanel']),
      /kube_network_plugin must be one of[\s\S]*calico/,
    ],
    [
      'a malformed YAML file',
      () => attempt(inventory(HOSTS + GROUPS, { 'group_vars/all.yml': 'a: 1\nb: [1, 2\nc: 3\n' })),
      /group_vars\/all\.yml:\d+:\d+: This is not valid YAML/,
    ],
    [
      'a wrong type',
      () => attempt(inventory(HOSTS + GROUPS, { 'group_vars/all.yml': '---\nkubelet_max_pods: many\n' })),
      /group_vars\/all\.yml:2:1: kubelet_max_pods must be a number/,
    ],
    [
      'an even number of etcd members',
      () => attempt(inventory(`${HOSTS + GROUPS}[etcd]\nm1\nw1\n`)),
      /2 etcd members: the number must be odd/,
    ],
    [
      'overlapping subnets',
      () => attempt(inventory(HOSTS + GROUPS), ['kube_pods_subnet=10.233.0.0/16']),
      /kube_pods_subnet 10\.233\.0\.0\/16 and kube_service_addresses .* overlap/,
    ],
    [
      'pods in the network of the hosts',
      () => attempt(inventory(HOSTS + GROUPS), ['kube_pods_subnet=10.9.0.0/16']),
      /overlaps the network of the hosts/,
    ],
    [
      'a name that a node cannot have',
      () => attempt(inventory('M_1 ip=10.9.0.1\n[kube-master]\nM_1\n')),
      /M_1 cannot be the name of a node/,
    ],
    [
      'a missing bundle',
      () => attempt(inventory(HOSTS + GROUPS), [], { bundle: join(dir, 'no-bundle') }),
      /no-bundle: There is no bundle/,
    ],
    [
      'an unknown tag',
      () => attempt(inventory(HOSTS + GROUPS), [], { tags: ['ectd'] }),
      /Nothing in the playbook has the tag ectd\n.*Did you mean etcd/,
    ],
    [
      'a limit that matches no host',
      () => attempt(inventory(HOSTS + GROUPS), [], { limit: 'w9' }),
      /There is no host and no group w9[\s\S]*w1/,
    ],
    [
      'an unbalanced quote',
      () => attempt(inventory(`m1 ip="10.9.0.1\n${GROUPS}`)),
      /hosts\.ini:1:7: This line cannot be split into words/,
    ],
    [
      'a jump host',
      () => attempt(inventory(HOSTS + GROUPS), ['ansible_ssh_common_args="-o ProxyJump=gate:0"']),
      /"gate:0" is not a valid jump host/,
    ],
  ];
  it.each(cases)('%s', async (_name, run, expected) => {
    const { code, text } = await run();
    expect(text).toMatch(expected);
    expect(code).toBe(2);
    expect(text).not.toMatch(/\n +at /);
    expect(connections).toBe(0);
  });

  it('reports everything at once', async () => {
    const { text } = await attempt(
      inventory('m1 ip=10.9.0.1\nw1 ip=10.9.0.1\n[kube-master]\nm1\n[kube-node]\nw1\n[etcd]\nm1\nw1\n'),
      ['kube_version=1.99.0'],
    );
    expect(text).toMatch(/^error: .*\n[\s\S]*\n3 problems in the input$/);
  });
});

describe('hosts that cannot be reached', () => {
  it('are all named at once, with exit code 3', async () => {
    const { code, text } = await attempt(inventory(HOSTS + GROUPS), ['ansible_port=1']);
    expect(code).toBe(3);
    expect(text).toMatch(/\nCannot log in to 2 of 2 hosts; nothing was changed$/);
    expect(text).toMatch(/^error: .*m1 .*refuses connections/m);
    expect(text).toMatch(/^error: .*w1 .*refuses connections/m);
  });

  it('say why one is asked that --limit leaves out', async () => {
    const said: string[] = [];
    const hear = (text: string | Uint8Array): boolean => said.push(String(text)) > 0;
    const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(hear));
    try {
      const { text } = await attempt(inventory(HOSTS + GROUPS), ['ansible_port=1'], { limit: 'w1' });
      expect(text).toMatch(/\nCannot log in to 2 of 2 hosts; nothing was changed$/);
      await attempt(inventory(HOSTS + GROUPS), ['ansible_port=1']);
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    expect(said.join('').match(/\S+: asked too.*/g)).toEqual([
      'm1: asked too, though not chosen, because the chosen hosts need what is there',
    ]);
  });
});
