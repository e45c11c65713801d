import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../../src/base/package-root.js';
import { KeysFleet, reason } from '../../support/fleet/keys.js';
import { keygen } from '../../support/fleet/sshd.js';

const missing = reason ?? (existsSync(join(PACKAGE_ROOT, 'dist/cli/main.js')) ? undefined : 'needs npm run build');

describe.skipIf(missing)(`the commands of keys, as a user has them${missing ? ` (${missing})` : ''}`, () => {
  const m = new KeysFleet({ count: 2 });

  /** On a terminal; answers are typed when their question has been asked. */
  const onTerminal = (args: readonly string[], answers: readonly (readonly [string, string])[]) => {
    const words = [process.execPath, join(PACKAGE_ROOT, 'bin/run.js'), ...args, '-i', m.fleet.inventoryPath];
    const { KUBEWRIGHT_SSH_PASSWORD: _none, ...env } = process.env;
    const child = spawn('script', ['-qec', words.join(' '), '/dev/null'], { env: { ...env, NO_COLOR: '1' } });
    let out = '';
    let next = 0;
    return new Promise<{ code: number | null; out: string }>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
        const [question, answer] = answers[next] ?? [];
        if (question === undefined || !out.includes(question)) return;
        next++;
        child.stdin.write(`${answer}\n`);
      });
      child.on('close', (code) => resolve({ code, out }));
    });
  };

  it('asks for one password per host, silently, and takes an empty answer for the same one', async () => {
    const { code, out } = await onTerminal(
      ['keys', 'distribute', '--ask-pass-each'],
      [
        ['SSH password of n1: ', m.fleet.password],
        ['SSH password of n2 (empty: as before): ', ''],
      ],
    );
    expect(out).toContain('2 hosts over 2 connections: 2 changed, 0 failed');
    expect(code).toBe(0);
    expect(out).not.toContain(m.fleet.password);
  });

  it('asks once for all with --ask-pass, and prints the table of logins', async () => {
    const { code, out } = await onTerminal(['keys', 'check', '--ask-pass'], [['SSH password: ', m.fleet.password]]);
    expect(out).toMatch(/from \\ to {2}n1 {4}n2\r\nn1 {9}- {5}ok\r\nn2 {9}ok {4}-\r\n2 of 2 logins succeeded/);
    expect(code).toBe(0);
  });

  it('reaches hosts with an existing key, and makes it known as the operator’s', async () => {
    const key = join(m.operatorHome, 'other');
    keygen(key);
    m.write('n1', 'authorized_keys', readFileSync(`${key}.pub`, 'utf8'));
    m.write('n2', 'authorized_keys', readFileSync(`${key}.pub`, 'utf8'));
    const { code, out } = await onTerminal(['keys', 'distribute', '--private-key', key], []);
    expect(code, out).toBe(0);
    expect(m.read('n1', 'authorized_keys').split('\n')[0]).toBe(readFileSync(`${key}.pub`, 'utf8').trim());
    expect(m.read('n1', 'authorized_keys')).toContain('kubewright:n2');
  });

  it('believes the host key that it was shown, not files that another sshd left', async () => {
    const shown =
      m
        .read('n2', 'known_hosts')
        .split('\n')
        .find((l) => l.includes('ssh-ed25519 '))
        ?.split(' ')[2] ?? '';
    const lie = join(m.operatorHome, 'lie');
    keygen(lie);
    writeFileSync(join(m.host('n1').dir, 'ssh/ssh_host_ed25519_key.pub'), readFileSync(`${lie}.pub`, 'utf8'));
    writeFileSync(join(m.host('n1').dir, 'ssh/ssh_host_ecdsa_key.pub'), readFileSync(`${lie}.pub`, 'utf8'));
    m.write('n2', 'known_hosts', '');
    const { code, out } = await onTerminal(['keys', 'distribute'], []);
    expect(code, out).toBe(0);
    const known = m.read('n2', 'known_hosts').trim().split('\n');
    expect(known.map((l) => l.split(' ')[2])).toEqual([shown]);
  });
});
