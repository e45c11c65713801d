import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROLES } from '../../../src/roles/registry.js';
import { roleContext, sampleCluster } from '../../support/cluster.js';

/** The configuration that a worker gets, in the program that reads it there. */
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';
const there = (program: string): boolean => spawnSync(program, ['-v']).status === 0;
const PROGRAMS = {
  haproxy: { run: ['haproxy', '-W', '-f'], missing: there('haproxy') ? undefined : 'needs haproxy' },
  nginx: {
    run: ['nginx', '-g', 'daemon off;', '-c'],
    missing: there('nginx') && existsSync(STREAM_MODULE) ? undefined : 'needs nginx with its stream module',
  },
};
/** Milliseconds that an API server is away, and then takes requests without knowing its roles. */
const AWAY = 1200;
const BLANK = 2000;

let dir: string;
let ends: (() => void)[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kw-balance-'));
  ends = [];
  const key = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=api',
  ];
  execFileSync('openssl', [...key, '-keyout', join(dir, 'key'), '-out', join(dir, 'cert')], { stdio: 'ignore' });
});
afterEach(() => {
  for (const end of ends) end();
  rmSync(dir, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Answers 403 for so many milliseconds, and is not ready until then. @returns what ends it with all of its connections. */
async function apiServer(port: number, blankMs: number): Promise<() => void> {
  const began = Date.now();
  const tls = { key: readFileSync(join(dir, 'key')), cert: readFileSync(join(dir, 'cert')) };
  const server: Server = createServer(tls, (asked, answer) => {
    const blank = Date.now() - began < blankMs;
    answer.writeHead(blank ? (asked.url === '/readyz' ? 500 : 403) : 200).end();
  });
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const end = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  ends.push(end);
  return end;
}

/** As a worker gets it, with ports of this box. */
function configuration(program: keyof typeof PROGRAMS, own: number, health: number, servers: readonly number[]): string {
  const vars = { loadbalancer_apiserver_type: program };
  const task = ROLES.get('apiserver-lb')
    ?.tasks(roleContext(sampleCluster({ vars }), 'w101-k8s'))
    .find((t) => t.id === 'apiserver-lb/config');
  const [, text = ''] = /printf '%s' '([^']*)'/.exec(task?.apply.text ?? '') ?? [];
  let n = 0;
  const here = text
    .replaceAll('127.0.0.1:6443', `127.0.0.1:${own}`)
    .replaceAll('127.0.0.1:8081', `127.0.0.1:${health}`)
    .replaceAll(/192\.168\.1\.1\d:6443/g, () => `127.0.0.1:${servers[n++]}`);
  expect(n).toBe(servers.length);
  return program === 'nginx' ? `load_module ${STREAM_MODULE};\npid ${dir}/pid;\n${here}` : here;
}

/** A connection for each request. @returns the status, or the error. */
function ask(port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/api', agent: false, rejectUnauthorized: false, timeout: 10_000 });
    asked.on('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}

for (const [program, { run, missing }] of Object.entries(PROGRAMS)) {
  describe.skipIf(missing)(`${program} on a worker${missing ? ` (${missing})` : ''}`, () => {
    it('gives no request to an API server that is back before it knows its roles', async () => {
      const ports = [await freePort(), await freePort(), await freePort()];
      const [own, health] = [await freePort(), await freePort()];
      const stops = [];
      for (const port of ports) stops.push(await apiServer(port, 0));
      const file = join(dir, 'conf');
      writeFileSync(file, configuration(program as keyof typeof PROGRAMS, own, health, ports));
      const [command = '', ...args] = run;
      const balancer: ChildProcess = spawn(command, [...args, file], { stdio: 'ignore' });
      ends.push(() => balancer.kill('SIGTERM'));
      while ((await ask(own)) !== 200) await sleep(100);

      const answers: (number | string)[] = [];
      let over = false;
      const clients = [0, 1, 2].map(async () => {
        while (!over) {
          answers.push(await ask(own));
          await sleep(40);
        }
      });
      await sleep(500);
      stops[0]?.();
      await sleep(AWAY);
      await apiServer(ports[0] ?? 0, BLANK);
      await sleep(BLANK + 500);
      over = true;
      await Promise.all(clients);
      expect(answers.length).toBeGreaterThan(60);
      expect(answers.filter((a) => a === 403)).toEqual([]);
      // A request that the server was answering when it ended is cut; none is lost afterwards.
      expect(answers.filter((a) => a !== 200).length).toBeLessThanOrEqual(clients.length);
    });
  });
}
