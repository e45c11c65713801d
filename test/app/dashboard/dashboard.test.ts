import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBrowser } from '../../../src/app/dashboard/browser.js';
import { LocalPort } from '../../../src/app/dashboard/local-port.js';
import { PassDesk } from '../../../src/app/dashboard/pass.js';
import { LocalSession } from '../../support/local.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kubewright-dashboard-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const claims = Buffer.from(JSON.stringify({ exp: 1_800_000_000 })).toString('base64url');
const TOKEN = `eyJhbGciOiJSUzI1NiJ9.${claims}.c2ln`;

/** Answers from files beside it, and notes its arguments and what it was given. */
const KUBECTL = `#!/bin/sh
here=$(dirname "$0")
printf '%s\\n' "$*" >> "$here/called"
case "$*" in
*'get service headlamp'*) cat "$here/service" ;;
*'get deployment headlamp'*) cat "$here/ready" ;;
*'get secret -l'*) cat "$here/secrets" ;;
*'get serviceaccount'*) printf 'uid-of-account' ;;
*'create -f -'*) cat > "$here/created"; printf 'uid-of-secret' ;;
*'create token'*) [ ! -e "$here/refuse" ] || { echo 'error: the server says no' >&2; exit 1; }; echo '${TOKEN}' ;;
esac
`;

describe('a pass for the dashboard', () => {
  const put = (name: string, text: string) => writeFileSync(join(dir, name), text);
  const read = (name: string) => readFileSync(join(dir, name), 'utf8');
  const desk = () => new PassDesk(new LocalSession('m11-k8s'), dir);
  beforeEach(() => {
    writeFileSync(join(dir, 'kubectl'), KUBECTL, { mode: 0o755 });
    put('service', 'headlamp 10.233.1.2 80');
    put('ready', '1');
    put('secrets', '');
  });

  it('is bound to a Secret that the account owns, and says where and until when', async () => {
    const pass = await desk().issue({ account: 'headlamp-view', ttl: 3600 });
    expect(pass).toEqual({ token: TOKEN, until: new Date(1_800_000_000_000), address: '10.233.1.2', port: 80 });
    const secret = JSON.parse(read('created'));
    expect(secret.metadata.ownerReferences).toEqual([
      { apiVersion: 'v1', kind: 'ServiceAccount', name: 'headlamp-view', uid: 'uid-of-account' },
    ]);
    expect(secret.metadata.name).toMatch(/^kubewright-dashboard-[0-9a-f]{12}$/);
    expect(read('called')).toContain(
      `create token headlamp-view --duration=3600s --bound-object-kind=Secret --bound-object-name=${secret.metadata.name} --bound-object-uid=uid-of-secret`,
    );
  });

  it('is void when its Secret is gone', async () => {
    const one = desk();
    await one.issue({ account: 'headlamp-admin', ttl: 600 });
    const { name } = JSON.parse(read('created')).metadata;
    await one.revoke();
    expect(read('called')).toMatch(new RegExp(`delete secret ${name} --ignore-not-found\\n$`));
  });

  it('clears what sessions that were cut off have left, once their tokens have expired', async () => {
    put('secrets', 'kubewright-dashboard-old 1000\nkubewright-dashboard-new 99999999999\n');
    await desk().issue({ account: 'headlamp-view', ttl: 3600 });
    expect(read('called')).toContain('delete secret kubewright-dashboard-old --ignore-not-found\n');
    expect(read('called')).not.toContain('delete secret kubewright-dashboard-new');
  });

  it.each([
    ['there is none', 'service', '', 'absent'],
    ['it is not ours', 'service', ' 10.233.1.2 80', 'absent'],
    ['it does not run', 'ready', '', 'down'],
  ])('is not given where %s, and nothing is made', async (_, file, text, expected) => {
    put(file, text);
    expect(await desk().issue({ account: 'headlamp-view', ttl: 3600 })).toBe(expected);
    expect(existsSync(join(dir, 'created'))).toBe(false);
  });

  it('is not given in silence', async () => {
    put('refuse', '');
    await expect(desk().issue({ account: 'headlamp-view', ttl: 3600 })).rejects.toMatchObject({
      parts: { what: 'm11-k8s cannot give access to the dashboard', why: 'error: the server says no' },
    });
  });
});

describe('a port of this machine', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  const listen = (answer: string) =>
    new Promise<number>((resolve) => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', (asked) => socket.end(`${answer}: ${asked.toString()}`));
      });
      servers.push(server);
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  const call = (port: number, text: string) =>
    new Promise<string>((resolve) => {
      let said = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => (said += chunk));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(said));
    });

  it('passes each connection on, and says why where it cannot', async () => {
    const there = await listen('yes');
    const local = await LocalPort.open(undefined);
    const failures: string[] = [];
    let away = false;
    local.forward(
      () => (away ? Promise.reject(new Error('no route')) : Promise.resolve(connect(there, '127.0.0.1'))),
      (cause) => failures.push(cause.message),
    );
    expect(await Promise.all([call(local.port, 'a'), call(local.port, 'b')])).toEqual(['yes: a', 'yes: b']);
    away = true;
    expect(await call(local.port, 'c')).toBe('');
    expect(failures).toEqual(['no route']);
    await local.close();
  });

  it('ends with open connections', async () => {
    const local = await LocalPort.open(undefined);
    const there = await listen('never');
    const open = new Promise<void>((resolve) => {
      local.forward(
        () => {
          resolve();
          return Promise.resolve(connect(there, '127.0.0.1'));
        },
        () => undefined,
      );
    });
    const closed = call(local.port, '');
    await open;
    await local.close();
    expect(await closed).toBe('');
    await expect(LocalPort.open(local.port).then((again) => again.close())).resolves.toBeUndefined();
  });

  it('that is taken is bad input', async () => {
    const taken = await listen('');
    await expect(LocalPort.open(taken)).rejects.toMatchObject({
      exitCode: 2,
      parts: { what: `Port ${taken} of this machine is taken`, where: '--port' },
    });
  });
});

describe.skipIf(process.platform !== 'linux')('the browser', () => {
  const environment = (more: NodeJS.ProcessEnv) => ({ PATH: `${dir}:/usr/bin:/bin`, ...more });
  const screen = { DISPLAY: ':0' };

  it('is not looked for without a screen', async () => {
    expect(await openBrowser('http://127.0.0.1:1/', environment({}))).toBe('there is no screen (DISPLAY is not set)');
  });

  it('gets the URL', async () => {
    writeFileSync(join(dir, 'xdg-open'), `#!/bin/sh\nprintf '%s' "$*" > '${dir}/opened'\n`, { mode: 0o755 });
    expect(await openBrowser('http://127.0.0.1:1/', environment(screen))).toBeUndefined();
    while (!existsSync(join(dir, 'opened'))) await sleep(20);
    expect(readFileSync(join(dir, 'opened'), 'utf8')).toBe('http://127.0.0.1:1/');
  });

  it('that cannot be opened is told', async () => {
    expect(await openBrowser('http://127.0.0.1:1/', { ...screen, PATH: dir })).toMatch(/^xdg-open cannot be started: /);
    writeFileSync(join(dir, 'xdg-open'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
    expect(await openBrowser('http://127.0.0.1:1/', environment(screen))).toBe('xdg-open ended with 3');
  });
});
