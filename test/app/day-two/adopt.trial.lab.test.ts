import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { say, tasksThat, until } from '../../support/lab.js';
import { bundleIndex, GO_BUNDLE } from '../../support/lab-bundles.js';
import { addressOf, makeCluster, writeInventory } from '../../support/trial/kubespray.js';
import { LOAD_NAMESPACE, type Load, loadManifest, lostWrites, sayReports } from '../../support/trial/load.js';
import { ALL_OBJECTS, differences, objectsOf } from '../../support/trial/objects.js';
import { missingForTrial, NODE_PORT, trialLab } from '../../support/trial/trial-lab.js';

/** A cluster in kubespray's layout is looked at, taken over, and gets a worker. The last host is new. */
const { dir: bundle } = GO_BUNDLE;
const lab = trialLab('adopt', '1+2');
const [MASTER = '', WORKER = '', ADDED = ''] = lab.names;
const NODES = [MASTER, WORKER];
const reason = missingForTrial(bundle);
const own = join(lab.dir, 'own');

/** What may not change by looking: files with their modes, owners and times, programs, processes, containers. Calico renews its token by itself. */
const STATE = `
find /etc /usr/local /opt/cni /var/lib/kubelet/*.* /var/lib/kubewright ! -type d ! -name calico-kubeconfig -printf '%p %m %U:%G %T@ %l\\n' 2>/dev/null | sort
find /etc /usr/local /opt/cni -type f ! -name calico-kubeconfig -print0 | sort -z | xargs -0 sha256sum
for u in etcd containerd kubelet; do systemctl show -p Id -p MainPID -p ExecMainStartTimestampMonotonic -p NRestarts $u.service; done
/usr/local/bin/ctr -n k8s.io tasks ls | sort`;

/** The authorities and what etcd is: of these nothing may change, whatever is applied. */
const IDENTITY = `
cd /etc/kubernetes/ssl && sha256sum ca.crt ca.key front-proxy-ca.crt front-proxy-ca.key sa.key sa.pub
cd /etc/ssl/etcd/ssl && sha256sum ca.pem ca-key.pem member-*-key.pem
readlink /etc/kubernetes/pki
/usr/local/bin/etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/ssl/etcd/ssl/ca.pem --cert /etc/ssl/etcd/ssl/admin-${MASTER}.pem --key /etc/ssl/etcd/ssl/admin-${MASTER}-key.pem member list`;

async function sudo(host: string, program: string): Promise<string> {
  const { code, stdout, stderr } = await lab.on(host, 'sudo sh -s', program);
  expect(code, `${host}: ${stderr}`).toBe(0);
  return stdout;
}

const state = async (): Promise<string[]> => Promise.all(NODES.map(async (h) => `${h}\n${await sudo(h, STATE)}`));
const objects = async () => objectsOf(await sudo(MASTER, ALL_OBJECTS));

/** Pods of the workload: node, UID, restarts and when their containers started. */
const WORKLOAD =
  'jsonpath={range .items[*]}{.spec.nodeName} {.metadata.uid} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].state.running.startedAt}{"\\n"}{end}';
const workload = async () =>
  (await sudo(MASTER, `kubectl -n ${LOAD_NAMESPACE} get pods -l app=web -o '${WORKLOAD}' | sort`)).trim();

interface Refusal {
  readonly what: string;
  readonly code?: string;
}
interface Report {
  readonly kubernetes: string;
  readonly known: boolean;
  readonly nodes: readonly { name: string; kubelet: string; runtime: string; ready: boolean; internalIp: string }[];
  readonly etcd: { layout: string; members: readonly { id: string; name: string; peerUrls: readonly string[] }[] };
  readonly network: string;
  readonly inventory: null | {
    hosts: readonly { name: string; controlPlane: boolean; worker: boolean; etcd: boolean; vars: Record<string, string> }[];
    settings: Record<string, unknown>;
  };
  readonly lacking: Record<string, Record<string, string>>;
  readonly refused: readonly Refusal[];
  readonly changes: readonly string[];
  readonly warnings: readonly { what: string }[];
}

async function adopt(args: readonly string[]): Promise<Report & { code: number }> {
  const { code, stdout, stderr } = await lab.run(['adopt', ...args, '--json']);
  const line = stdout.split('\n').find((l) => l.includes('"kubernetes"'));
  expect(line, `${stdout.slice(-2000)}${stderr}`).toBeDefined();
  const report = JSON.parse(line ?? '') as Report;
  const said = { code, refused: report.refused, lacking: report.lacking, changes: report.changes, warnings: report.warnings };
  say(JSON.stringify(said));
  return { ...report, code };
}

describe.skipIf(reason)(`a cluster in kubespray's layout${reason ? ` (${reason})` : ''}`, { timeout: 3_600_000 }, () => {
  let inventory = '';
  let before: { state: string[]; objects: Map<string, string>; workload: string; identity: string };
  let load: Load | undefined;
  /** The hosts by their addresses; nothing else says how to log in. */
  const addresses = () => ['--private-key', lab.paths.sshKey, ...NODES.map((n) => `vagrant@${addressOf(lab, n)}`)];
  const unchanged = async () => {
    expect(await state()).toEqual(before.state);
    expect(await workload()).toBe(before.workload);
  };

  beforeAll(async () => {
    await lab.up(bundle);
    expect((await lab.run(['keys', 'distribute', '-i', lab.inventory])).code).toBe(0);
    const began = Date.now();
    await makeCluster(lab, bundle, [WORKER]);
    say(`the cluster was made in ${Math.round((Date.now() - began) / 1000)} s`);
    inventory = writeInventory(lab, [WORKER]);
    const image = bundleIndex(GO_BUNDLE).images.find((i) => i.ref.includes('/busybox:'))?.ref ?? '';
    expect((await lab.kubectl('apply -f -', loadManifest(image, NODE_PORT))).code).toBe(0);
    expect((await lab.kubectl(`-n ${LOAD_NAMESPACE} rollout status deployment/web --timeout=180s`)).code).toBe(0);
    say((await lab.kubectl('get nodes,pods -A -o wide')).stdout);
    before = {
      state: await state(),
      objects: await objects(),
      workload: await workload(),
      identity: await sudo(MASTER, IDENTITY),
    };
    const sum = createHash('sha256').update(before.state.join()).digest('hex').slice(0, 12);
    say(
      `${before.state.join('').split('\n').length} lines of state, ${sum}; ${before.objects.size} objects; workload:\n${before.workload}`,
    );
  }, 1_800_000);

  afterAll(async () => {
    await load?.stop();
    await lab.down();
  }, 600_000);

  it('is looked at through its own inventory: only arguments are lacking, and they are those that run', async () => {
    const found = await adopt(['--check', '-i', inventory]);
    expect(found.refused.map((r) => r.code)).toEqual(['control-plane-flags']);
    expect(found.code).toBe(3);
    const { kubeVersion, components } = bundleIndex(GO_BUNDLE) as ReturnType<typeof bundleIndex> & {
      components: { etcd: string };
    };
    expect(found).toMatchObject({ kubernetes: kubeVersion, known: false, network: 'calico', inventory: null });
    expect(found.nodes.map((n) => [n.name, n.kubelet, n.ready, n.internalIp])).toEqual(
      NODES.map((n) => [n, kubeVersion, true, addressOf(lab, n)]),
    );
    expect(found.etcd.layout).toBe('service');
    const [member] = found.etcd.members;
    expect(before.identity).toContain(`${member?.id}, started, etcd1, ${member?.peerUrls[0]}`);
    expect(components.etcd).toBeDefined();
    // Each argument that it names is one of the process, and nothing that the file of the scheduler said is lost.
    for (const [setting, args] of Object.entries(found.lacking)) {
      const component = { apiserver: 'kube-apiserver', controller: 'kube-controller-manager', scheduler: 'kube-scheduler' }[
        setting.replace(/^kube_kubeadm_(\w+)_extra_args$/, '$1')
      ];
      const command = await sudo(MASTER, `tr '\\0' '\\n' < /proc/$(pidof ${component})/cmdline`);
      for (const [flag, value] of Object.entries(args))
        expect(command.split('\n'), `${component}`).toContain(`--${flag}=${value}`);
    }
    expect(Object.keys(found.lacking)).toHaveLength(3);
    expect(found.lacking.kube_kubeadm_controller_extra_args).toMatchObject({ 'allocate-node-cidrs': 'false' });
    expect(JSON.stringify(found.lacking)).not.toContain('kubescheduler-config');
    writeFileSync(
      join(dirname(inventory), 'group_vars', 'k8s_cluster', 'adopted.yml'),
      stringify(found.lacking, { version: '1.1' }),
    );
    const again = await adopt(['--check', '-i', inventory]);
    expect(again).toMatchObject({ code: 0, refused: [], lacking: {}, warnings: [] });
    await unchanged();
    expect(differences(before.objects, await objects())).toEqual([]);
  });

  it('is looked at by its addresses: the inventory that is printed is the one that was made', async () => {
    const found = await adopt(['--check', '--bundle', bundle, ...addresses()]);
    expect(found).toMatchObject({ code: 0, refused: [], changes: [] });
    expect(found.inventory?.hosts.map((h) => [h.name, h.controlPlane, h.worker, h.etcd])).toEqual([
      [MASTER, true, false, true],
      [WORKER, false, true, false],
    ]);
    expect(found.inventory?.hosts[0]?.vars.etcd_member_name).toBe('etcd1');
    say(stringify(found.inventory?.settings));
    expect(found.inventory?.settings).toMatchObject({ kube_version: found.kubernetes, loadbalancer_apiserver_type: 'haproxy' });
    await unchanged();
    expect(differences(before.objects, await objects())).toEqual([]);
  });

  it('is taken over: only notes are written', async () => {
    const taken = await adopt(['--bundle', bundle, ...addresses(), '-o', own]);
    expect(taken.code).toBe(0);
    const now = await state();
    const notes = /^(\/var\/lib\/kubewright\/\S+) .*$/;
    const lines = (s: string[]) => s.flatMap((text) => text.split('\n')).filter((l) => !notes.test(l));
    expect(lines(now)).toEqual(lines(before.state));
    say(
      now
        .flatMap((text) => text.split('\n'))
        .flatMap((l) => notes.exec(l)?.[1] ?? [])
        .join(' '),
    );
    expect(differences(before.objects, await objects())).toEqual(['new: ConfigMap kube-system/kubewright']);
    expect(await adopt(['--check', '-i', inventory])).toMatchObject({ code: 0, known: true, refused: [] });
    const status = await lab.run(['status', '-i', inventory], true);
    expect(status.code, status.stdout + status.stderr).toBe(0);
  });

  it('gets a worker, with all that provision has announced and nothing more; what ran goes on', async () => {
    writeInventory(lab, [WORKER, ADDED]);
    const check = await lab.run(['provision', '-i', inventory, '--check', '--json']);
    expect(check.code, check.stdout.slice(-3000)).toBe(0);
    const announced = tasksThat('would-change', check.stdout);
    say(`announced on the nodes:\n${announced.filter((t) => !t.startsWith(ADDED)).join('\n')}`);
    await unchangedButNotes();
    load = await lab.load(bundle, [WORKER]);
    const began = Date.now();
    const provisioned = await lab.run(['provision', '-i', inventory, '--json']);
    expect(provisioned.code, provisioned.stdout.slice(-3000)).toBe(0);
    say(`provision: ${Math.round((Date.now() - began) / 1000)} s`);
    await until('all nodes are Ready', 120, async () => {
      const { stdout } = await lab.kubectl('get nodes --no-headers');
      return lab.names.every((n) => new RegExp(`^${n} +Ready `, 'm').test(stdout));
    });
    const reports = await load.stop();
    sayReports(reports);
    const changed = tasksThat('changed', provisioned.stdout);
    say(`not announced: ${changed.filter((t) => !announced.includes(t)).join(', ')}`);
    say(`announced only: ${announced.filter((t) => !changed.includes(t)).join(', ')}`);
    expect(changed.filter((t) => !t.startsWith(ADDED))).toEqual(announced.filter((t) => !t.startsWith(ADDED)));
    expect(await workload()).toBe(before.workload);
    expect(await sudo(MASTER, IDENTITY)).toBe(before.identity);
    expect(reports.filter((r) => r.name.startsWith('http')).flatMap((r) => r.failed)).toEqual([]);
    const { stdout } = await lab.kubectl(`-n ${LOAD_NAMESPACE} get configmaps -l load=true -o name`);
    expect(lostWrites(reports, stdout)).toEqual([]);
  });

  it('has its arguments, its addresses and its pool; another run changes nothing, and it does all that a cluster does', async () => {
    const command = await sudo(MASTER, "tr '\\0' '\\n' < /proc/$(pidof kube-apiserver)/cmdline");
    expect(command).toContain('--profiling=False\n');
    expect(command).toContain('--bind-address=::\n');
    for (const host of NODES) {
      const kubelet = await sudo(host, "tr '\\0' ' ' < /proc/$(pidof kubelet)/cmdline");
      expect(kubelet).toContain(`--node-ip=${addressOf(lab, host)}`);
    }
    expect((await lab.kubectl('get ippools.crd.projectcalico.org -o name')).stdout.trim()).toBe(
      'ippool.crd.projectcalico.org/default-pool',
    );
    const again = await lab.run(['provision', '-i', inventory, '--json']);
    expect(again.code, again.stdout.slice(-2000)).toBe(0);
    expect(tasksThat('changed', again.stdout)).toEqual([]);
    const verified = await lab.run(['verify', '-i', inventory], true);
    expect(verified.code, verified.stdout).toBe(0);
    const status = await lab.run(['status', '-i', inventory], true);
    expect(status.code, status.stdout).toBe(0);
  });

  async function unchangedButNotes(): Promise<void> {
    const now = (await state()).flatMap((text) => text.split('\n')).filter((l) => !l.startsWith('/var/lib/kubewright'));
    const was = before.state.flatMap((text) => text.split('\n')).filter((l) => !l.startsWith('/var/lib/kubewright'));
    expect(now).toEqual(was);
  }
});
