import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTransport } from '../../../src/transport/transport.js';
import type { Target } from '../../../src/transport/types.js';
import { Cli, missingForCli } from '../../support/cli.js';
import { Island, missingForIsland } from '../../support/fleet/island.js';
import { keygen, missingForSsh, Sshd, type TestUser } from '../../support/fleet/sshd.js';

const reason = missingForSsh() ?? missingForIsland();

describe.skipIf(reason)(`a network that dies${reason ? ` (${reason})` : ''}`, { timeout: 60_000 }, () => {
  const transport = createTransport();
  let island: Island;
  let sshd: Sshd;
  let user: TestUser;
  let key = '';
  let dropped = false;
  beforeAll(async () => {
    island = new Island();
    sshd = new Sshd({ address: island.address, under: island.under });
    await sshd.start(['PasswordAuthentication no']);
    user = sshd.addUser();
    key = join(sshd.dir, 'operator');
    keygen(key);
    sshd.authorize(user, readFileSync(`${key}.pub`, 'utf8'));
  });
  afterEach(() => {
    drop(false);
    island.cable('up');
  });
  afterAll(async () => {
    await sshd?.stop();
    island?.remove();
  });

  function drop(on: boolean): void {
    if (on !== dropped) island.drop(on);
    dropped = on;
  }
  const target = (over: Partial<Target> = {}): Target => ({
    name: 'm1',
    address: island.address,
    port: sshd.port,
    user: user.name,
    connection: 'ssh',
    privateKeyFile: key,
    identities: { files: [], certificates: [], only: true, agent: 'none' },
    become: { enabled: false, user: 'root', method: 'sudo' },
    hostKeys: { mode: 'accept-new', files: [join(sshd.dir, 'known')] },
    timeoutMs: 10_000,
    keepalive: { intervalMs: 300, count: 3 },
    ...over,
  });
  const cut: readonly (readonly [string, () => void])[] = [
    ['packets are dropped', () => drop(true)],
    ['the cable is pulled out', () => island.cable('down')],
  ];

  it.each(cut)('%s: keepalives find it, for commands that wait and for those that are begun later', async (_how, sever) => {
    const session = await transport.connect(target());
    const running = [
      session.exec('sleep 600'),
      session.exec('cat', { stdin: 'x'.repeat(1000) }).then(() => session.exec('sleep 600')),
    ];
    await session.exec('true');
    sever();
    const lost = { kind: 'lost', cause: { kind: 'lost', parts: { what: 'The connection was lost', why: 'Keepalive timeout' } } };
    for (const exit of await Promise.all(running)) expect(exit).toMatchObject(lost);
    expect(await session.exec('true')).toMatchObject(lost);
    await session.close();
    drop(false);
    island.cable('up');
    const again = await transport.connect(target());
    expect(await again.exec('true')).toEqual({ kind: 'exited', code: 0 });
    await again.close();
  });

  it('a short silence is borne, and nothing of the output is lost', async () => {
    const session = await transport.connect(target({ keepalive: { intervalMs: 1000, count: 30 } }));
    let out = '';
    let begun = (): void => undefined;
    const first = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const running = session.exec('for i in $(seq 20); do echo $i; sleep 0.05; done', {
      onStdout: (chunk) => {
        out += chunk.toString();
        begun();
      },
    });
    await first;
    drop(true);
    // What it says meanwhile is dropped.
    await sleep(1500);
    drop(false);
    expect(await running).toEqual({ kind: 'exited', code: 0 });
    expect(out).toBe(Array.from({ length: 20 }, (_, i) => `${i + 1}\n`).join(''));
    await session.close();
  });

  it('connecting into the silence ends with the time that was given for it', async () => {
    drop(true);
    const error = await transport.connect(target({ timeoutMs: 500 })).catch((e: unknown) => e);
    expect(error).toMatchObject({ kind: 'timeout', parts: { why: 'There was no answer within 0.5 s' } });
  });

  it('a jump host that falls silent takes what is behind it with it', async () => {
    const behind = target({ name: 'm2', jumps: [target()], keepalive: { intervalMs: 60_000, count: 3 } });
    const session = await transport.connect(behind);
    const running = session.exec('sleep 600');
    await session.exec('true');
    drop(true);
    expect(await running).toMatchObject({ kind: 'lost', cause: { kind: 'lost' } });
    await session.close();
  });

  const noCli = missingForCli();
  it.skipIf(noCli)(`exec ends by itself, and says what happened${noCli ? ` (${noCli})` : ''}`, async () => {
    const inventory = join(sshd.dir, 'hosts.ini');
    const args = `-o ServerAliveInterval=1 -o ServerAliveCountMax=2 -o UserKnownHostsFile=${join(sshd.dir, 'known')}`;
    writeFileSync(
      inventory,
      `m1 ansible_host=${island.address} ansible_port=${sshd.port} ansible_user=${user.name} ansible_ssh_private_key_file=${key} ansible_ssh_common_args='${args}'\n`,
    );
    const env = { HOME: sshd.dir, SSH_AUTH_SOCK: '' };
    const cli = new Cli(['exec', 'all', '-i', inventory, '--', 'echo begun; sleep 600'], { cwd: sshd.dir, env });
    try {
      await cli.shows('begun');
      drop(true);
      expect(await cli.ended).toBe(1);
      expect(cli.err).toContain('The connection was lost');
      expect(cli.err).toContain('Keepalive timeout');
      expect(cli.err).toMatch(/1 host: 0 ok, 1 failed \(m1\)/);
    } finally {
      await cli.kill();
    }
  });
});
