import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../../../src/base/package-root.js';

const start = promisify(execFile);
/** A cluster that runs, a pod in it with limits, and the control plane. Not part of a lab of its own: it would cost minutes. */
const { KUBEWRIGHT_TRACE_INVENTORY: inventory, KUBEWRIGHT_TRACE_POD: pod = 'duo' } = process.env;

/** Not spawnSync: a worker that does not answer for a minute is an error of its own. */
async function kubewright(...args: string[]): Promise<string> {
  const words = [join(PACKAGE_ROOT, 'bin/run.js'), ...args.slice(0, 2), '--connect-timeout', '60', ...args.slice(2)];
  const { stdout, stderr } = await start(process.execPath, words, { env: { ...process.env, NO_COLOR: '1' } });
  expect(stderr).toBe('');
  return stdout;
}

/** What a shell on a host prints, without the name of the host. */
async function on(host: string, script: string): Promise<string> {
  const out = await kubewright('exec', host, '-i', inventory ?? '', '--', script);
  return out
    .split('\n')
    .map((l) => l.replace(/^\S+ +\| ?/, ''))
    .join('\n')
    .trim();
}

interface Proc {
  pid: number;
  comm: string;
  nsPids: number[];
  namespaces: Record<string, string>;
}

describe.skipIf(!inventory)('trace, against numbers found another way (KUBEWRIGHT_TRACE_INVENTORY)', () => {
  it('agrees with /proc, /sys and ip', { timeout: 600_000 }, async () => {
    const t = JSON.parse(await kubewright('trace', pod, '-i', inventory ?? '', '--json'));
    const w = t.node.name as string;
    expect(t.node.kubelet.pid).toBe(Number(await on(w, 'pgrep -x kubelet')));
    expect(t.node.containerd.pid).toBe(Number(await on(w, 'pgrep -x containerd')));
    expect(t.node.shim.pid).toBe(Number(await on(w, `pgrep -f '[c]ontainerd-shim.* -id ${t.node.sandbox}'`)));
    expect(t.containers.length).toBeGreaterThan(1);
    for (const c of t.containers as {
      id: string;
      process: Proc;
      processes: { pid: number }[];
      cgroup: Record<string, unknown>;
      root: { layers: string[]; upper: string };
    }[]) {
      const pids = (await on(w, `grep -l ${c.id} /proc/[0-9]*/cgroup | cut -d/ -f3 | sort -n`)).split('\n').map(Number);
      expect(c.process.pid).toBe(pids[0]);
      expect(c.processes.map((p) => p.pid).sort((a, b) => a - b)).toEqual(pids);
      // Its own /proc, in which it is PID 1.
      expect(
        await on(
          w,
          `nsenter -t ${c.process.pid} -m -p cat /proc/1/comm 2>/dev/null || cat /proc/${c.process.pid}/root/proc/1/comm`,
        ),
      ).toBe(c.process.comm);
      expect(c.process.nsPids.at(-1)).toBe(1);
      const own = (await on(w, `lsns -n -o NS,TYPE -p ${c.process.pid}`)).split('\n').map((l) => l.trim().split(/\s+/));
      for (const [id, kind] of own) expect(c.process.namespaces[kind ?? '']).toBe(`${kind}:[${id}]`);
      const files = await on(
        w,
        `find /sys/fs/cgroup -type d -path '*${c.id}' | while read -r d; do for f in memory.max memory.limit_in_bytes cpu.max cpu.cfs_quota_us; do [ ! -r "$d/$f" ] || echo "$f $(cat "$d/$f")"; done; done`,
      );
      const memory = /memory\.(?:max|limit_in_bytes) (\d+)/.exec(files)?.[1];
      expect(c.cgroup.memoryMax).toBe(Number(memory));
      const quota = /cpu\.(?:max|cfs_quota_us) (\d+)/.exec(files)?.[1];
      expect(c.cgroup.cpuMax).toBe(quota === undefined ? undefined : Number(quota) / 100_000);
      // The same mount as containerd made it on the host.
      const mount = await on(w, `grep '/${c.id}/rootfs ' /proc/1/mountinfo`);
      expect(c.root.layers).toEqual(/lowerdir=([^,]*)/.exec(mount)?.[1]?.split(':'));
      expect(c.root.upper).toBe(/upperdir=([^,]*)/.exec(mount)?.[1]);
    }
    const some = t.containers[0].process.pid;
    const peer = await on(
      w,
      `nsenter -t ${some} -n cat /proc/net/dev | awk -F: '/eth0/ { print $1 }'; nsenter -t ${some} -n ip -o link show eth0 | grep -o 'if[0-9]*' | head -n 1`,
    );
    expect(peer).toContain(`if${t.network.outside.index}`);
    // /sys of a lab machine is that of the box.
    const [link] = JSON.parse(await on(w, `ip -j link show dev ${t.network.outside.name}`));
    expect(link).toMatchObject({ ifindex: t.network.outside.index, mtu: t.network.inside.mtu });
    expect(await on(w, `ip route show ${t.pod.ip}`)).toContain(`dev ${t.network.outside.name}`);
    const print = async (host: string, file: string) =>
      (await on(host, `openssl x509 -noout -fingerprint -sha256 -in ${file}`)).replace(/.*=/, '');
    const plane = 'kube_control_plane[0]';
    const of = (role: string) => t.certificates.find((c: { role: string }) => c.role === role)?.fingerprint;
    expect(of('ca')).toBe(await print(plane, '/etc/kubernetes/pki/ca.crt'));
    expect(of('api-server')).toBe(await print(plane, '/etc/kubernetes/pki/apiserver.crt'));
    expect(of('kubelet-client')).toBe(await print(w, '/var/lib/kubelet/pki/kubelet-client-current.pem'));
  });
});
