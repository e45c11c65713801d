import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machinePaths } from '../../../src/lab/box/paths.js';
import { say, until } from '../../support/lab.js';
import { bundleIndex, GO_BUNDLE } from '../../support/lab-bundles.js';
import { missingForTrial, trialLab } from '../../support/trial/trial-lab.js';

/** A worker on which others have their things is taken out of the cluster, and comes back. */
const WORKER = 'w102-k8s';
const lab = trialLab('reset', '1+2');
const reason =
  missingForTrial(GO_BUNDLE.dir) ?? (spawnSync('nft', ['--version']).status === 0 ? undefined : 'needs nft on this box');

/** nft of this box in the machine's network: the machines have none. */
function nft(args: readonly string[], input?: string): string {
  const { netns } = machinePaths(lab.paths, WORKER);
  const { status, stdout, stderr } = spawnSync('ip', ['netns', 'exec', netns, 'nft', ...args], { encoding: 'utf8', input });
  if (status !== 0) throw new Error(`nft ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const TABLE = `
table inet foreign {
  set friends { type ipv4_addr; flags interval; elements = { 192.0.2.0/24, 198.51.100.7 } }
  chain input { type filter hook input priority 10; policy accept; ip saddr @friends tcp dport 5432 accept; tcp dport 5432 drop; }
}
table ip foreign-nat {
  chain postrouting { type nat hook postrouting priority 110; policy accept; ip saddr 203.0.113.0/24 masquerade; }
}
`;

const THEIRS = `
set -eu
iptables -N FOREIGN; iptables -A FOREIGN -s 192.0.2.9/32 -j DROP; iptables -I INPUT -j FOREIGN
iptables -t nat -N FOREIGN; iptables -t nat -A FOREIGN -p tcp --dport 8443 -j REDIRECT --to-ports 443; iptables -t nat -A PREROUTING -j FOREIGN
ip link add foreign0 type bridge; ip address add 203.0.113.1/24 dev foreign0; ip link set foreign0 up
mkdir -p /srv/data /etc/cni/foreign /opt/foreign; echo data > /srv/data/file; echo mine > /opt/foreign/file; echo net > /etc/cni/foreign/file
echo 'net.ipv4.conf.foreign0.log_martians = 1' > /etc/sysctl.d/10-foreign.conf
printf '%s\\n' '[Service]' 'ExecStart=/bin/sleep infinity' '[Install]' 'WantedBy=multi-user.target' > /etc/systemd/system/foreign.service
systemctl daemon-reload; systemctl enable --now foreign.service
echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKD9p3mFTBHlqmDVlTwYLqJxn3m2pH7oOQFtYgT0nXtJ someone' >> /root/.ssh/authorized_keys
echo '192.0.2.1 foreign.example' >> /etc/hosts
`;

/** What they have, in words that stay the same. Processes by number: they are to be the same ones. */
const LOOK = `
iptables-save -t filter | grep FOREIGN; iptables-save -t nat | grep FOREIGN
ip -o address show foreign0 | awk '{print $2, $4}'
cat /srv/data/file /opt/foreign/file /etc/cni/foreign/file /etc/sysctl.d/10-foreign.conf /etc/systemd/system/foreign.service
systemctl show -p MainPID -p ActiveState foreign.service
grep someone /root/.ssh/authorized_keys; grep foreign.example /etc/hosts
ctr -n foreign tasks ls | awk 'NR > 1 {print $1, $2, $3}'
`;

async function look(): Promise<string> {
  const { code, stdout, stderr } = await lab.on(WORKER, 'sudo sh -s', LOOK);
  expect(code, stderr).toBe(0);
  return `${stdout}${nft(['list', 'table', 'inet', 'foreign'])}${nft(['list', 'table', 'ip', 'foreign-nat'])}`;
}

describe.skipIf(reason)(`a worker with things of others${reason ? ` (${reason})` : ''}`, { timeout: 3_600_000 }, () => {
  let before = '';

  beforeAll(async () => {
    await lab.up(GO_BUNDLE.dir);
    await lab.install();
    const made = await lab.on(WORKER, 'sudo sh -s', THEIRS);
    expect(made.code, made.stderr).toBe(0);
    nft(['-f', '-'], TABLE);
    const image = bundleIndex(GO_BUNDLE).images.find((i) => i.ref.includes('/busybox:'))?.ref ?? '';
    const run = `ctr -n k8s.io images export /root/i.tar ${image} && ctr -n foreign images import /root/i.tar && ctr -n foreign run -d ${image} theirs sleep infinity`;
    const container = await lab.on(WORKER, `sudo sh -c '${run}'`);
    expect(container.code, container.stderr + container.stdout).toBe(0);
    before = await look();
    say(before);
    expect(before).toContain('RUNNING');
  }, 1_800_000);

  afterAll(() => lab.down(), 600_000);

  it('leaves the cluster; all of them are still there, and nothing of Kubernetes is', async () => {
    const removed = await lab.run(['remove', WORKER, '-i', lab.inventory, '--yes', '--plain'], true);
    expect(removed.code, removed.stdout.slice(-2000) + removed.stderr).toBe(0);
    expect(await look()).toBe(before);
    expect((await lab.kubectl('get nodes --no-headers')).stdout).not.toContain(WORKER);
    const rules = nft(['list', 'ruleset']);
    expect(rules).not.toMatch(/KUBE-|cali-|kube-proxy/);
    const left = await lab.on(
      WORKER,
      "sudo sh -c \"ls -A /etc/kubernetes /var/lib/kubelet /etc/cni/net.d /var/lib/calico; ip -o link | grep -E 'cali|vxlan|tunl'; pgrep -a 'kubelet|calico|haproxy'\" 2>/dev/null",
    );
    expect(left.stdout.replaceAll(/^\/.*:$/gm, '').trim()).toBe('');
  });

  it('comes back with the next provision, and they are still there', async () => {
    const back = await lab.run(['provision', '-i', lab.inventory, '--json']);
    expect(back.code, back.stdout.slice(-2000)).toBe(0);
    await until('the node is Ready', 120, async () =>
      new RegExp(`${WORKER} +Ready`).test((await lab.kubectl('get nodes')).stdout),
    );
    expect(await look()).toBe(before);
    const verified = await lab.run(['verify', '-i', lab.inventory], true);
    expect(verified.code, verified.stdout).toBe(0);
  });
});
