import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { artifactsFor } from '../../src/app/plan/artifact-source.js';
import { CHECKSUM_SETTINGS } from '../../src/cluster/checksums.js';
import type { RunEvent } from '../../src/engine/events.js';
import { runPlays } from '../../src/engine/plays/run-plays.js';
import { debian } from '../../src/roles/os/debian.js';
import { ROLES } from '../../src/roles/registry.js';
import type { Task } from '../../src/tasks/task.js';
import { runCommand } from '../../src/transport/session/run.js';
import { createTransport } from '../../src/transport/transport.js';
import type { Session } from '../../src/transport/types.js';
import { roleContext, sampleCluster } from '../support/cluster.js';
import { Island, missingForIsland } from '../support/fleet/island.js';
import { freePort, keygen, missingForSsh, Sshd, testTarget } from '../support/fleet/sshd.js';
import { play } from '../support/local.js';

const PASSWORD = 'pr0xy-0nly-p4ss';
const NCSA = '/usr/lib/squid/basic_ncsa_auth';
/** A copy of this box on which changes go to memory: what roles install there stays there. */
const COPY = `set -e
dir=$1; shared=$2; shift 2
mount --make-rprivate /
mount -t tmpfs tmpfs "$dir"
mkdir "$dir/upper" "$dir/work" "$dir/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
for d in proc dev; do mount --rbind /$d "$dir/root/$d"; done
mkdir -p "$dir/root/$shared" "$dir/root/changed" "$dir/root/run/sshd"
mount --bind "$shared" "$dir/root/$shared"
mount --bind "$dir/upper" "$dir/root/changed"
exec chroot "$dir/root" "$@"`;

function lacking(): string | undefined {
  const reason = missingForSsh() ?? missingForIsland();
  if (reason) return reason;
  const needs = `command -v squid && command -v curl && command -v apt-get && command -v dpkg-deb && [ -x ${NCSA} ]`;
  if (spawnSync('sh', ['-c', needs]).status !== 0) return 'needs squid, curl and Debian';
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-copy-'));
  try {
    const made = spawnSync('unshare', ['--mount', 'sh', '-c', COPY, 'sh', dir, dir, '/bin/true']);
    return made.status === 0 ? undefined : 'needs overlay mounts';
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Versions that no catalogue has, with what their archives hold. */
const FILES: Readonly<Record<string, { readonly version: string; readonly members?: readonly string[] }>> = {
  kubeadm: { version: '1.36.99' },
  kubelet: { version: '1.36.99' },
  kubectl: { version: '1.36.99' },
  runc: { version: '1.3.99' },
  etcd: { version: '3.6.99', members: ['etcd', 'etcdctl', 'etcdutl'] },
  containerd: { version: '2.1.99', members: ['containerd', 'containerd-shim-runc-v2', 'ctr'] },
  crictl: { version: '1.36.99', members: ['crictl'] },
  'cni-plugins': { version: '1.7.99', members: ['bridge', 'host-local', 'loopback', 'portmap'] },
};
const VERSION_SETTINGS: Readonly<Record<string, string>> = {
  kubeadm: 'kube_version',
  runc: 'runc_version',
  etcd: 'etcd_version',
  containerd: 'containerd_version',
  crictl: 'crictl_version',
  'cni-plugins': 'cni_version',
};

const reason = lacking();
describe.skipIf(reason)(
  `a host whose only way out is squid with a password${reason ? ` (${reason})` : ''}`,
  { timeout: 600_000 },
  () => {
    const dir = mkdtempSync(join(tmpdir(), 'kubewright-proxy-only-'));
    const copy = mkdtempSync(join(tmpdir(), 'kubewright-copy-'));
    const served = new Map<string, Buffer>();
    /** Requests that reached the mirror: those that came by the proxy, and the others. */
    const seen = { proxied: [] as string[], direct: [] as string[], missing: [] as string[], leaks: [] as string[] };
    const mirror = createServer((request, response) => {
      const url = `http://${request.headers.host}${request.url}`;
      (request.headers.via ? seen.proxied : seen.direct).push(url);
      seen.leaks.push(...commandLines().filter((line) => line.includes(PASSWORD)));
      const body = served.get(request.url ?? '');
      if (!body) seen.missing.push(url);
      response.statusCode = body ? 200 : 404;
      response.end(body);
    });
    let island: Island;
    let sshd: Sshd;
    let squid: ChildProcess;
    let session: Session;
    let proxy = '';
    let mirrorPort = 0;

    beforeAll(async () => {
      island = new Island();
      const outside = island.address.replace(/2$/, '1');
      // No other host can reach it.
      await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve));
      mirrorPort = (mirror.address() as AddressInfo).port;
      const port = await freePort();
      proxy = `http://ops:${PASSWORD}@${outside}:${port}`;
      const hash = execFileSync('openssl', ['passwd', '-apr1', '-stdin'], { input: PASSWORD, encoding: 'utf8' });
      writeFileSync(join(dir, 'users'), `ops:${hash}`);
      // These names are known to squid alone.
      writeFileSync(join(dir, 'hosts'), '127.0.0.1 files.example packages.example\n');
      const conf = [
        `http_port ${outside}:${port}`,
        `auth_param basic program ${NCSA} ${join(dir, 'users')}`,
        'acl known proxy_auth REQUIRED',
        'http_access allow known',
        'http_access deny all',
        `hosts_file ${join(dir, 'hosts')}`,
        `access_log stdio:${join(dir, 'access.log')}`,
        `cache_log ${join(dir, 'cache.log')}`,
        `pid_filename ${join(dir, 'pid')}`,
        'cache deny all',
        'pinger_enable off',
        `coredump_dir ${dir}`,
        'shutdown_lifetime 1 second',
        '',
      ];
      writeFileSync(join(dir, 'squid.conf'), conf.join('\n'));
      execFileSync('chown', ['-R', 'proxy:proxy', dir]);
      squid = spawn('squid', ['-N', '-f', join(dir, 'squid.conf')], { stdio: 'ignore' });
      for (let i = 0; i < 600 && !(await listens(outside, port)); i++) await sleep(100);

      const under = (own: string): string[] => [...island.under, 'unshare', '--mount', 'sh', '-c', COPY, 'sh', copy, own];
      sshd = new Sshd({ address: island.address, under });
      keygen(join(sshd.dir, 'key'));
      writeFileSync(join(sshd.dir, 'keys'), readFileSync(join(sshd.dir, 'key.pub')));
      await sshd.start(['PermitRootLogin yes', `AuthorizedKeysFile ${join(sshd.dir, 'keys')}`]);
      writeFileSync(join(sshd.dir, 'known'), sshd.hostKeyLine());
      session = await createTransport().connect(
        testTarget({
          address: island.address,
          port: sshd.port,
          user: 'root',
          privateKeyFile: join(sshd.dir, 'key'),
          hostKeys: { mode: 'strict', files: [join(sshd.dir, 'known')] },
        }),
      );
    }, 240_000);

    afterAll(async () => {
      await session?.close();
      await sshd?.stop();
      squid?.kill('SIGKILL');
      mirror.close();
      island?.remove();
      await sleep(200);
      for (const path of [dir, copy]) rmSync(path, { recursive: true, force: true });
    });

    async function onHost(command: string, stdin = ''): Promise<{ code: number; out: string }> {
      let out = '';
      const onStdout = (chunk: Buffer): void => {
        out += chunk.toString();
      };
      const exit = await runCommand(session, command, { stdin, onStdout, onStderr: onStdout });
      return { code: exit.kind === 'exited' ? exit.code : -1, out };
    }

    it('gets every file and package by the proxy, asks it for no host of the cluster, and keeps the password to itself', async () => {
      const vars: Record<string, unknown> = {
        files_repo: `http://files.example:${mirrorPort}`,
        http_proxy: proxy,
        https_proxy: proxy,
        kube_network_plugin: 'static-routes',
      };
      for (const [name, { version }] of Object.entries(FILES)) {
        const setting = VERSION_SETTINGS[name];
        if (setting !== undefined) vars[setting] = version;
        const content = contentOf(name, dir);
        const sum = createHash('sha256').update(content).digest('hex');
        vars[CHECKSUM_SETTINGS[name as keyof typeof CHECKSUM_SETTINGS]] = { amd64: { [version]: sum } };
        served.set(sum, content);
      }
      const cluster = sampleCluster({ vars: vars as Record<string, string> });
      const ctx = roleContext(cluster, 'm11-k8s');
      const artifacts = artifactsFor(cluster, ctx.host, 'amd64', undefined);
      const all = ['os', 'containerd', 'etcd', 'node', 'control-plane'].flatMap((r) => roleTasks(r, { ...ctx, artifacts }));
      const downloads = all.filter((t, i) => t.needs?.some((n) => n.url) && all.findIndex((o) => o.id === t.id) === i);
      const refs = downloads.flatMap((t) => t.needs ?? []);
      expect([...new Set(refs.map((r) => r.name))].toSorted()).toEqual(Object.keys(FILES).toSorted());
      for (const { url = '', sha256 } of refs) served.set(new URL(url).pathname, served.get(sha256) ?? Buffer.alloc(0));
      const install = all.find((t) => t.id === 'os/packages');
      if (!install) throw new Error('the packages of the distribution are not among the tasks');
      const lost = repository(dir, served);
      const fresh = await onHost(
        [
          'set -e; rm -rf /etc/apt/apt.conf.d/* /etc/apt/sources.list.d/* /var/lib/apt/lists/*; mkdir -p /opt/cni/bin /usr/local/bin',
          `dpkg --force-all -P ${lost.join(' ')} >/dev/null 2>&1 || :`,
          `echo 'deb [trusted=yes] http://packages.example:${mirrorPort} ./' >/etc/apt/sources.list`,
        ].join('\n'),
      );
      expect(fresh).toMatchObject({ code: 0 });
      // There is no other way out: neither by the name, nor to the box itself.
      for (const url of [`http://files.example:${mirrorPort}/`, `http://${island.address.replace(/2$/, '1')}:${mirrorPort}/`])
        expect((await onHost(`curl -sS --max-time 5 ${url}`)).code, url).not.toBe(0);

      const events: RunEvent[] = [];
      const journalDir = join(dir, 'journal');
      const result = await runPlays({
        title: 'proxy',
        plays: [play('all', ['m11-k8s'], () => [install, ...downloads])],
        sessions: new Map([['m11-k8s', session]]),
        reconnect: () => Promise.reject(new Error('the connection is not lost')),
        artifacts: { localPath: () => undefined, push: () => Promise.reject(new Error('nothing is sent')) },
        journalDir,
        view: (e) => events.push(e),
      });
      const failures = events.filter((e) => e.type === 'task-end' && e.status === 'failed');
      expect(failures).toEqual([]);
      expect(result.recap).toMatchObject([{ host: 'm11-k8s', changed: downloads.length + 1, failed: 0 }]);

      expect(seen.direct).toEqual([]);
      const log = readFileSync(join(dir, 'access.log'), 'utf8');
      const logged = [...log.matchAll(/ TCP_\S+\/200 \d+ GET (\S+) ops /g)].map((m) => m[1]);
      for (const { url } of refs) expect(logged).toContain(url);
      for (const name of lost) expect(logged.join('\n')).toContain(`/${name}_${VERSION}_all.deb`);
      for (const h of cluster.hosts) expect(log).not.toMatch(new RegExp(`${h.ip}|${h.name}`));
      expect((await onHost('kubelet; runc; ls /opt/cni/bin')).out).toBe(
        'this is kubelet\nthis is runc\nbridge\nhost-local\nloopback\nportmap\n',
      );

      // Not in an argument of any process, not in what the host has kept, not in journals.
      expect(seen.leaks).toEqual([]);
      expect(await onHost('grep -rlF -f - /changed', `${PASSWORD}\n`)).toEqual({ code: 1, out: '' });
      expect(spawnSync('grep', ['-rlF', PASSWORD, journalDir], { encoding: 'utf8' }).stdout).toBe('');
      expect(JSON.stringify(events)).not.toContain(PASSWORD);
      expect(log).not.toContain(PASSWORD);
    });
  },
);

function roleTasks(name: string, ctx: ReturnType<typeof roleContext>): readonly Task[] {
  const role = ROLES.get(name);
  if (!role) throw new Error(`there is no role ${name}`);
  return role.tasks(ctx);
}

/** A program that says its name, or an archive of such. */
function contentOf(name: string, dir: string): Buffer {
  const script = (of: string): string => `#!/bin/sh\necho this is ${of}\n`;
  const members = FILES[name]?.members;
  if (!members) return Buffer.from(script(name));
  const root = join(dir, 'archives', name);
  const inner = name === 'containerd' ? 'bin' : name === 'etcd' ? `etcd-v${FILES.etcd?.version}-linux-amd64` : '.';
  mkdirSync(join(root, inner), { recursive: true });
  for (const member of members) writeFileSync(join(root, inner, member), script(member), { mode: 0o755 });
  return execFileSync('tar', ['-C', root, '-czf', '-', ...(inner === '.' ? members : [inner])]);
}

/** Newer than any: other packages conflict with old ones. */
const VERSION = '20990101';

/** A repository with packages that a node needs and this box may have. Returns their names. */
function repository(dir: string, served: Map<string, Buffer>): readonly string[] {
  const here = (name: string): boolean =>
    spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' }).stdout === 'installed';
  const names = debian.packages.node.filter((name) => ['conntrack', 'ethtool', 'socat'].includes(name) || !here(name));
  const index = names.map((name) => {
    const control = `Package: ${name}\nVersion: ${VERSION}\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: of a test\n`;
    const root = join(dir, 'packages', name);
    mkdirSync(join(root, 'DEBIAN'), { recursive: true });
    writeFileSync(join(root, 'DEBIAN/control'), control);
    const file = join(dir, `${name}_${VERSION}_all.deb`);
    execFileSync('dpkg-deb', ['--build', '-Zgzip', root, file], { stdio: 'ignore' });
    const deb = readFileSync(file);
    served.set(`/./${name}_${VERSION}_all.deb`, deb).set(`/${name}_${VERSION}_all.deb`, deb);
    const sum = createHash('sha256').update(deb).digest('hex');
    return `${control}Filename: ./${name}_${VERSION}_all.deb\nSize: ${deb.length}\nSHA256: ${sum}\n`;
  });
  const packages = Buffer.from(`${index.join('\n')}\n`);
  served.set('/./Packages', packages).set('/Packages', packages);
  return names;
}

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((p) => /^\d+$/.test(p))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      } catch {
        return '';
      }
    });
}

function listens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
