import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.js';
import { proxyEnvironment, proxyFile } from '../../src/roles/proxy.js';
import { Secret } from '../../src/shell/secret.js';
import { joinShell, sh } from '../../src/shell/shell.js';
import { sampleCluster } from '../support/cluster.js';
import { freePort } from '../support/fleet/sshd.js';
import { play, runLocal, sandbox, task } from '../support/local.js';

const PASSWORD = 'pr0xy-p4ssw0rd';
const settings = (vars: Record<string, string>): Cluster => sampleCluster({ vars });
const of = (cluster: Cluster) => {
  const [host] = cluster.hosts;
  if (!host) throw new Error('no host');
  return [cluster, host] as const;
};

describe('proxies', () => {
  it('are nothing where none is set', () => {
    expect(proxyEnvironment(...of(settings({}))).text).toBe('');
    expect(proxyFile(...of(settings({ no_proxy: 'x' })))).toBeUndefined();
  });

  it('leave out the cluster, and what the user names', () => {
    const cluster = settings({ http_proxy: 'http://p:3128', no_proxy: 'a.example.org, .b', cluster_name: 'k.example.org' });
    const text = String(proxyFile(...of(cluster)));
    const direct = /^NO_PROXY=(.*)$/m.exec(text)?.[1]?.split(',') ?? [];
    for (const h of cluster.hosts) expect(direct).toEqual(expect.arrayContaining([h.ip, h.accessIp, h.name]));
    const others = ['localhost', '127.0.0.1', '10.233.0.0/18', '10.233.64.0/18', '.svc', '.k.example.org', 'a.example.org', '.b'];
    expect(direct).toEqual(expect.arrayContaining(others));
    expect(direct.filter((d, i) => direct.indexOf(d) !== i)).toEqual([]);
    expect(text).not.toContain('HTTPS_PROXY');
  });

  it('with a password are secrets', () => {
    const own = of(settings({ http_proxy: 'http://p:3128', https_proxy: `http://u:${PASSWORD}@p:3128` }));
    const shell = proxyEnvironment(...own);
    expect(shell.text).not.toContain(PASSWORD);
    expect([...shell.secrets.keys()]).toEqual(['https-proxy']);
    expect(proxyFile(...own)).toBeInstanceOf(Secret);
  });
});

const NCSA = '/usr/lib/squid/basic_ncsa_auth';
const lacking =
  process.getuid?.() !== 0 || spawnSync('sh', ['-c', `command -v squid && command -v curl && [ -x ${NCSA} ]`]).status !== 0
    ? 'needs root, curl and squid'
    : undefined;

describe.skipIf(lacking)(`downloads through squid with a password${lacking ? ` (${lacking})` : ''}`, { timeout: 120_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-squid-'));
  const content = randomBytes(200_000);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const seen: string[] = [];
  const mirror = createServer((request, response) => {
    seen.push(`${request.headers.via ? 'proxy' : 'direct'} ${request.url}`);
    const lines = readdirSync('/proc')
      .filter((p) => /^\d+$/.test(p))
      .map((p) => commandLine(p));
    if (lines.some((l) => l.includes(PASSWORD))) seen.push('the password is in a process list');
    response.end(content);
  });
  let squid: ChildProcess;
  let port = 0;

  beforeAll(async () => {
    // Not 127.0.0.1: that is never asked of a proxy.
    await new Promise<void>((resolve) => mirror.listen(0, '0.0.0.0', resolve));
    port = await freePort();
    const hash = execFileSync('openssl', ['passwd', '-apr1', '-stdin'], { input: PASSWORD, encoding: 'utf8' });
    writeFileSync(join(dir, 'users'), `ops:${hash}`);
    writeFileSync(
      join(dir, 'squid.conf'),
      [
        `http_port 127.0.0.1:${port}`,
        `auth_param basic program ${NCSA} ${join(dir, 'users')}`,
        'acl known proxy_auth REQUIRED',
        'http_access allow known',
        'http_access deny all',
        `access_log stdio:${join(dir, 'access.log')}`,
        `cache_log ${join(dir, 'cache.log')}`,
        `pid_filename ${join(dir, 'pid')}`,
        'cache deny all',
        'pinger_enable off',
        `coredump_dir ${dir}`,
        'shutdown_lifetime 1 second',
        '',
      ].join('\n'),
    );
    execFileSync('chown', ['-R', 'proxy:proxy', dir]);
    squid = spawn('squid', ['-N', '-f', join(dir, 'squid.conf')], { stdio: 'ignore' });
    for (let i = 0; i < 200 && !(await listens(port)); i++) await sleep(100);
  }, 60_000);
  afterAll(async () => {
    mirror.close();
    squid?.kill('SIGKILL');
    await sleep(200);
    rmSync(dir, { recursive: true, force: true });
  });

  it('are in its log, those to the cluster are not, and the password is nowhere', async () => {
    const proxy = `http://ops:${PASSWORD}@127.0.0.1:${port}`;
    const sample = settings({ http_proxy: proxy });
    const [first, ...rest] = sample.hosts;
    if (!first) throw new Error('no host');
    const cluster: Cluster = { ...sample, hosts: [{ ...first, ip: '127.9.9.8', accessIp: '127.9.9.8' }, ...rest] };
    const { port: at } = mirror.address() as AddressInfo;
    const box = sandbox();
    const get = (id: string, address: string) => {
      const to = `${box.root}/${id}`;
      const ref = { name: id, sha256, url: `http://${address}:${at}/${id}` };
      const apply = joinShell([
        proxyEnvironment(cluster, first),
        sh`src=$(kw_artifact ${sha256}); cp "$src" ${to}; rm -f "$src"`,
      ]);
      return task(id, sh`[ -e ${to} ]`, apply, { needs: [ref], timeoutSec: 60 });
    };
    const plays = [play('a', ['h'], () => [get('outside', '127.9.9.9')]), play('b', ['h'], () => [get('peer', '127.9.9.8')])];
    const result = await runLocal(box, plays);
    expect(result.exitCode).toBe(0);
    expect(seen).toEqual(['proxy /outside', 'direct /peer']);
    const log = readFileSync(join(dir, 'access.log'), 'utf8');
    expect(log).toMatch(/TCP_MISS\/200 \d+ GET http:\/\/127\.9\.9\.9:\d+\/outside ops /);
    expect(log).not.toContain('127.9.9.8');
    expect(readFileSync(`${box.root}/outside`).equals(content)).toBe(true);
    const journals = spawnSync('grep', ['-rl', PASSWORD, box.root], { encoding: 'utf8' }).stdout;
    expect(journals + JSON.stringify(result.events)).not.toContain(PASSWORD);
    expect(journals).toBe('');
  });

  function commandLine(pid: string): string {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    } catch {
      return '';
    }
  }
});

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
