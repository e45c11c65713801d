import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, freePrefix, missingForLab, say } from '../../support/lab.js';

/** The users' lab: three masters and six workers, reached by password alone. */
const dir = mkdtempSync(join(tmpdir(), 'kubewright-keys-'));
const inventory = join(dir, 'inventory', 'hosts.ini');
const env = {
  HOME: join(dir, 'home'),
  KUBEWRIGHT_LAB_DIR: '/var/lib/kubewright/lab-test-keys',
  NO_COLOR: '1',
  SSH_AUTH_SOCK: '',
};
const names = ['m11-k8s', 'm12-k8s', 'm13-k8s', ...[1, 2, 3, 4, 5, 6].map((n) => `w10${n}-k8s`)];
const reason = missingForLab();

const run = (args: readonly string[], echo = false) => cli(args, { env, cwd: dir, echo });
const keys = (...args: string[]) => run(['keys', args[0] ?? '', '-i', inventory, ...args.slice(1)]);
/** Logins that a machine's sshd has seen, from its journal. */
const logins = async (name: string): Promise<number> => {
  const { stdout } = await run(['lab', 'ssh', name, '--', 'sudo journalctl -u ssh -o cat --no-pager | grep -c "^Accepted "']);
  return Number(stdout.trim());
};

describe.skipIf(reason)(`keys on nine lab machines${reason ? ` (${reason})` : ''}`, () => {
  beforeAll(async () => {
    await run(['lab', 'down']);
    const up = ['lab', 'up', '--source', 'none', '--masters', '3', '--workers', '6', '--subnet', `${await freePrefix()}.0/24`];
    const { code, stderr } = await run([...up, '--inventory-dir', join(dir, 'inventory')], true);
    expect(code, stderr).toBe(0);
  });
  afterAll(async () => {
    await run(['lab', 'down']);
    rmSync(dir, { recursive: true, force: true });
  });

  it('makes the mesh from passwords alone with one command, and proves each key by a login', async () => {
    const before = await Promise.all(names.map(logins));
    const began = Date.now();
    const first = await keys('distribute');
    say(`${((Date.now() - began) / 1000).toFixed(1)} s`);
    expect(first.code, first.stdout + first.stderr).toBe(0);
    expect(first.stdout).toContain('9 hosts over 9 connections: 9 changed, 0 failed');
    const after = await Promise.all(names.map(logins));
    // One with the password, one that proves the key, and the one that counted before.
    expect(after.map((n, i) => n - (before[i] ?? 0))).toEqual(names.map(() => 3));
  });

  it('lets all 72 pairs log in, and changes nothing the second time', async () => {
    const check = await keys('check');
    expect(check.stdout).toContain('72 of 72 logins succeeded');
    expect(check.code).toBe(0);
    const again = await keys('distribute');
    expect(again.stdout).toContain('9 hosts over 9 connections: 0 changed, 0 failed');
  });

  it('finishes the others when a host is switched off, and that one when it is back', async () => {
    expect((await run(['lab', 'stop', 'w106-k8s'])).code).toBe(0);
    const gone = await keys('distribute', '--user', 'root', '--connect-timeout', '5');
    expect(gone.code).toBe(3);
    expect(gone.stdout).toMatch(/^w106-k8s +FAILED: (Connection refused|No route to host|Connection timed out)$/m);
    expect(gone.stdout).toContain('9 hosts over 8 connections: 8 changed, 1 failed');
    const check = await keys('check', '--user', 'root', '--hub', 'm11-k8s', '--json', '--connect-timeout', '5');
    expect(check.code).toBe(1);
    const { results } = JSON.parse(check.stdout);
    expect(results.filter((r: { ok: boolean }) => !r.ok).map((r: { to: string }) => r.to)).toEqual(['w106-k8s']);
    expect((await run(['lab', 'start', 'w106-k8s'])).code).toBe(0);
    expect((await keys('distribute', '--user', 'root')).stdout).toContain('9 changed, 0 failed');
    expect((await keys('check', '--user', 'root')).stdout).toContain('72 of 72 logins succeeded');
  });

  it('rotates all keys, and revokes those of a host that is gone', async () => {
    const rotated = await keys('distribute', '--rotate');
    expect(rotated.code, rotated.stdout + rotated.stderr).toBe(0);
    expect((await keys('check')).stdout).toContain('72 of 72 logins succeeded');
    expect((await run(['lab', 'stop', 'w106-k8s'])).code).toBe(0);
    const revoked = await keys('distribute', '--revoke', 'w106-k8s', '--connect-timeout', '5');
    expect(revoked.code, revoked.stdout + revoked.stderr).toBe(0);
    expect(revoked.stdout).toContain('8 hosts over 8 connections: 8 changed, 0 failed');
    const left = await run(['lab', 'ssh', 'm11-k8s', '--', 'grep -c w106-k8s .ssh/authorized_keys .ssh/known_hosts']);
    expect(left.stdout).toBe('.ssh/authorized_keys:0\n.ssh/known_hosts:0\n');
  });
});
