import { writeFileSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { checkAll, distributeAll } from '../../../src/app/keys/keys.js';
import { reasonOf } from '../../../src/app/keys/model/reason.js';
import { exitCodeOf } from '../../../src/app/keys/report/report.js';
import { KeysFleet, reason } from '../../support/fleet/keys.js';

const why = reason ? ` (${reason})` : '';

type Results = Awaited<ReturnType<typeof distributeAll>>['results'];
const states = (results: Results) => results.map((r) => [r.host, r.error ? reasonOf(r.error) : 'done']);
const done = (names: readonly string[]) => names.map((n) => [n, 'done']);

describe.skipIf(reason)(`what goes wrong while keys are distributed${why}`, () => {
  // What comes first in the PATH of the machines is theirs to fake.
  const m = new KeysFleet({ count: 4, settings: ['SetEnv PATH=/home/bin:/usr/bin:/bin'] });
  const names = ['n1', 'n2', 'n3', 'n4'];
  const start = (name: string): void => {
    m.run(name, 'rm -rf /home/kw/.ssh /home/bin; mkdir /home/bin');
  };
  const finish = async (logins = false): Promise<void> => {
    const again = await distributeAll(m.options());
    expect(states(again.results)).toEqual(done(names));
    expect(m.halfWritten()).toEqual([]);
    if (logins) expect((await checkAll(m.options())).filter((p) => p.error !== undefined)).toEqual([]);
  };
  afterEach(() => {
    for (const n of names) start(n);
  });

  it('a host dies half-way: its files are what they were, the others are finished', async () => {
    for (const n of names) start(n);
    m.write('n2', 'authorized_keys', 'ssh-ed25519 AAAAmine me@home');
    // The moment between the file beside and the renaming becomes long.
    const fake = '[ "${3##*/}" != authorized_keys ] || { : > /home/kw/now; sleep 60; }';
    for (const n of ['n2', 'n3'])
      m.run(n, `cat > /home/bin/mv; chmod 755 /home/bin/mv`, `#!/bin/sh\n${fake}\nexec /bin/mv "$@"\n`);
    const running = distributeAll(m.options());
    const reached = (n: string): boolean => m.fleet.run(n, 'test -e /home/kw/now').code === 0;
    while (!reached('n2') || !reached('n3')) await sleep(50);
    await m.fleet.kill('n2');
    // Of n3 only what the account runs: the machine itself goes on.
    m.run('n3', 'pkill -KILL -u kw; rm /home/bin/mv /home/kw/now');
    const { results } = await running;
    expect(states(results)).toEqual([
      ['n1', 'done'],
      ['n2', expect.stringMatching(/^Connection closed/)],
      ['n3', expect.stringMatching(/^Connection closed/)],
      ['n4', 'done'],
    ]);
    expect(exitCodeOf(results)).toBe(3);
    expect(m.read('n2', 'authorized_keys')).toBe('ssh-ed25519 AAAAmine me@home');
    expect(m.read('n1', 'authorized_keys')).toContain('kubewright:n2');
    const unreachable = await distributeAll(m.options());
    expect(states(unreachable.results)[1]).toEqual(['n2', 'Connection refused']);
    await m.fleet.start('n2');
    m.run('n2', 'rm /home/bin/mv');
    await finish(true);
    expect(m.read('n2', 'authorized_keys').startsWith('ssh-ed25519 AAAAmine me@home\n')).toBe(true);
  });

  it('a disk is full', async () => {
    for (const n of names) start(n);
    m.run('n2', 'mount -t tmpfs -o size=64k,mode=755 tmpfs /home/kw; chown kw:kw /home/kw');
    const fill = 'dd if=/dev/zero of=/home/kw/fill bs=4096 2>/dev/null || :';
    m.run('n2', fill);
    const none = await distributeAll(m.options());
    expect(states(none.results)).toEqual([
      ['n1', 'done'],
      ['n2', expect.stringContaining('No space left on device')],
      ...done(['n3', 'n4']),
    ]);
    expect(exitCodeOf(none.results)).toBe(1);
    expect(m.run('n2', 'find /home/kw -type f')).toBe('/home/kw/fill\n');
    // Now there is room for the key pair, and for a part of the new authorized_keys.
    const long = `# ${'x'.repeat(9000)}`;
    m.run(
      'n2',
      `rm /home/kw/fill; printf %s '${long}' > /home/kw/.ssh/authorized_keys; chown -R kw:kw /home/kw; chmod 600 /home/kw/.ssh/authorized_keys`,
    );
    m.run('n2', `dd if=/dev/zero of=/home/kw/fill bs=4096 count=9 2>/dev/null`);
    const part = await distributeAll(m.options());
    expect(states(part.results)[1]).toEqual(['n2', expect.stringContaining('No space left on device')]);
    expect(part.results[1]?.changes.map((c) => c.kind)).toEqual(['made']);
    expect(m.run('n2', 'cat /home/kw/.ssh/authorized_keys')).toBe(long);
    expect(m.run('n2', 'ls -A /home/kw/.ssh')).toBe('authorized_keys\nid_ed25519\nid_ed25519.pub\n');
    m.run('n2', 'rm /home/kw/fill');
    await finish();
    expect(m.run('n2', 'cat /home/kw/.ssh/authorized_keys').startsWith(`${long}\n`)).toBe(true);
    m.run('n2', 'umount /home/kw');
  });

  it('a directory is where a file should be', async () => {
    for (const n of names) start(n);
    m.run('n2', 'rm -f /home/kw/.ssh/known_hosts; mkdir -p /home/kw/.ssh/known_hosts; chown -R kw:kw /home/kw/.ssh');
    expect(states((await distributeAll(m.options())).results)[1]).toEqual([
      'n2',
      '/home/kw/.ssh/known_hosts is a directory, not a file: move it away',
    ]);
    m.run('n2', 'rmdir /home/kw/.ssh/known_hosts');
    await finish();
  });

  it('a home is read-only', async () => {
    for (const n of names) start(n);
    m.run('n3', 'mount -o remount,bind,ro /home');
    const { results } = await distributeAll(m.options());
    expect(states(results)).toEqual([
      ...done(['n1', 'n2']),
      ['n3', expect.stringContaining('Read-only file system')],
      ['n4', 'done'],
    ]);
    expect(m.run('n3', 'ls -A /home/kw')).toBe('');
    m.run('n3', 'mount -o remount,bind,rw /home');
    await finish();
    // With nothing to change it does not even matter.
    m.run('n3', 'mount -o remount,bind,ro /home');
    expect((await distributeAll(m.options())).results.flatMap((r): unknown[] => (r.error ? [r.error] : [...r.changes]))).toEqual(
      [],
    );
    m.run('n3', 'mount -o remount,bind,rw /home');
  });

  it('an account has no home', async () => {
    for (const n of names) start(n);
    m.run('n4', 'mv /home/kw /home/aside');
    const { results } = await distributeAll(m.options());
    expect(states(results)).toEqual([
      ...done(['n1', 'n2', 'n3']),
      ['n4', 'account kw has no home directory: /home/kw does not exist'],
    ]);
    expect(exitCodeOf(results)).toBe(1);
    m.run('n4', 'mv /home/aside /home/kw');
    await finish();
  });

  it('files belong to another user', async () => {
    for (const n of names) start(n);
    m.run('n4', 'mkdir /home/kw/.ssh; chown nobody /home/kw/.ssh');
    const { results } = await distributeAll(m.options());
    expect(states(results)[3]).toEqual(['n4', '/home/kw/.ssh belongs to nobody and not to kw: sshd would not read it']);
    m.run('n4', 'chown kw:kw /home/kw/.ssh');
    await finish();
  });

  it('a server drops every second connection', async () => {
    for (const n of names) start(n);
    const { address, port } = m.host('n2');
    const proxy = await everySecond(address, port);
    try {
      const inventory = join(m.fleet.dir, 'proxied.ini');
      const at = proxy.address();
      writeFileSync(inventory, `[all]\nn2 ansible_host=127.0.0.1 ansible_port=${typeof at === 'object' ? at?.port : 0}\n`);
      const options = m.options({ inventory: [m.fleet.inventoryPath, inventory] });
      for (let i = 0; i < 2; i++) expect(states((await distributeAll(options)).results)).toEqual(done(names));
      expect((await checkAll(options)).filter((p) => p.error !== undefined)).toEqual([]);
    } finally {
      proxy.close();
    }
  });
});

describe.skipIf(reason)(`nine hosts, three with another password${why}`, () => {
  const m = new KeysFleet({ count: 9 });
  const wrong = ['n2', 'n5', 'n9'];

  it('reports the three, finishes the six, and everything once the passwords are right', async () => {
    const inventory = join(m.fleet.dir, 'wrong.ini');
    writeFileSync(inventory, `[all]\n${wrong.map((n) => `${n} ansible_password=wrong`).join('\n')}\n`);
    const { results } = await distributeAll(m.options({ inventory: [m.fleet.inventoryPath, inventory] }));
    for (const r of results) {
      const state = r.error ? reasonOf(r.error) : 'done';
      if (wrong.includes(r.host)) expect(state).toMatch(/^Permission denied \(publickey,password/);
      else expect(state, `${r.host}: ${r.error?.parts.why}`).toBe('done');
    }
    expect(exitCodeOf(results)).toBe(3);
    for (const n of wrong) expect(m.run(n, 'ls -A /home/kw')).toBe('');
    expect(m.read('n1', 'authorized_keys')).not.toContain('kubewright:n2');
    const again = await distributeAll(m.options());
    expect(again.results.flatMap((r) => r.error ?? [])).toEqual([]);
    const pairs = await checkAll(m.options());
    expect(pairs).toHaveLength(72);
    expect(pairs.filter((p) => p.error !== undefined)).toEqual([]);
    expect((await distributeAll(m.options())).results.flatMap((r) => r.changes)).toEqual([]);
  });
});

/** Passes on the first connection, drops the second one, and so on. */
function everySecond(address: string, port: number): Promise<Server> {
  let count = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (count++ % 2 === 1) return socket.destroy();
    const onward = createConnection(port, address);
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    socket.pipe(onward).pipe(socket);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
