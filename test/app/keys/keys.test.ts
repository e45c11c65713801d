import { describe, expect, it, vi } from 'vitest';
import { namesOf } from '../../../src/app/keys/hosts.js';
import type { KeyResult } from '../../../src/app/keys/model/model.js';
import { authorizedLine, fingerprintOf, parsePublicKey } from '../../../src/app/keys/model/public-key.js';
import { reasonOf } from '../../../src/app/keys/model/reason.js';
import { printPairs } from '../../../src/app/keys/report/check-report.js';
import { exitCodeOf, printResults, resultsJson } from '../../../src/app/keys/report/report.js';
import { InterruptedError, KubewrightError } from '../../../src/base/errors.js';
import type { Host } from '../../../src/inventory/model/model.js';
import { fromConnectError, TransportError } from '../../../src/transport/errors.js';

const BLOB = 'AAAAC3NzaC1lZDI1NTE5AAAAIO8l0WOPdQVxSGALe+2wk3J5hmZEnwDXXfTW/zypwiOF';

describe('public keys', () => {
  it('reads what ssh-keygen writes, and nothing that could do more', () => {
    expect(parsePublicKey(`ssh-ed25519 ${BLOB} me@home at work\r\n`)).toEqual({
      type: 'ssh-ed25519',
      blob: BLOB,
      comment: 'me@home at work',
    });
    expect(parsePublicKey(`ssh-ed25519 ${BLOB}`)?.comment).toBe('');
    for (const bad of [
      `command="x" ssh-ed25519 ${BLOB}`,
      `ssh-rsa ${BLOB} the type lies`,
      'ssh-ed25519 AAAA',
      `ssh-ed25519 ${BLOB}\nssh-ed25519 ${BLOB}`,
      `# ssh-ed25519 ${BLOB}`,
      '',
    ])
      expect(parsePublicKey(bad), bad).toBeUndefined();
  });

  it('marks whose key it is once, and knows its fingerprint', () => {
    const key = parsePublicKey(`ssh-ed25519 ${BLOB} me@home kubewright:old`);
    if (!key) throw new Error('not read');
    expect(authorizedLine(key, 'n1')).toBe(`ssh-ed25519 ${BLOB} me@home kubewright:n1`);
    expect(fingerprintOf(key)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });
});

describe('names of a host in known_hosts', () => {
  const host = (vars: Record<string, string>): Host => ({
    name: 'm11',
    source: { file: 'hosts.ini', line: 1, column: 1 },
    groups: new Set(),
    vars: new Map(Object.entries(vars).map(([k, value]) => [k, { value, source: { file: 'hosts.ini', line: 1, column: 1 } }])),
  });

  it('has name, address and the addresses for the others once each', () => {
    const vars = { ip: '10.0.0.1', access_ip: '192.168.1.1' };
    expect(namesOf(host(vars), { address: '10.0.0.1', port: 22 })).toEqual(['m11', '10.0.0.1', '192.168.1.1']);
    expect(namesOf(host({}), { address: 'm11', port: 2222 })).toEqual(['[m11]:2222']);
  });

  it('tells a forwarded port from the one that the others call', () => {
    const vars = { ip: '192.168.1.11' };
    expect(namesOf(host(vars), { address: '127.0.0.1', port: 60_011 }, 22)).toEqual(['m11', '192.168.1.11']);
    expect(namesOf(host(vars), { address: 'gate', port: 60_011 }, 22)).toEqual([
      '[m11]:60011',
      '[gate]:60011',
      'm11',
      '192.168.1.11',
    ]);
  });
});

describe('the report', () => {
  const change = { kind: 'authorized' as const, file: '/h/.ssh/authorized_keys', count: 2, names: ['-', 'n2'] };
  const result = (host: string, more: Partial<KeyResult> = {}): KeyResult => ({ host, changes: [], notes: [], ...more });
  const refused = fromConnectError(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'n2 (10.0.0.2:22)');

  it('prints one line per host, and what to do once for all that fail alike', () => {
    const { out, err } = printed(() =>
      printResults(
        [result('n1', { changes: [change] }), result('n2', { error: refused }), result('n3', { error: refused }), result('n4')],
        {
          dry: true,
          connections: 2,
        },
      ),
    );
    expect(out).toBe(
      [
        'n1  would add 2 keys to /h/.ssh/authorized_keys (yours, n2)',
        'n2  FAILED: Connection refused',
        'n3  FAILED: Connection refused',
        'n4  no change',
        '4 hosts over 2 connections: 1 would be changed, 2 failed',
        'The others are finished. Fix the failed hosts and run the same command again: finished work is kept.',
        '',
      ].join('\n'),
    );
    expect(err.match(/The host refuses connections/g)).toHaveLength(1);
    expect(err).toContain('n2, n3: ');
  });

  it('folds many hosts with the same result', () => {
    const many = Array.from({ length: 200 }, (_, i) => result(`n${i}`, i === 7 ? { error: refused } : {}));
    const { out } = printed(() => printResults(many, { dry: false, connections: 199 }));
    expect(out.split('\n').length).toBeLessThan(10);
    expect(out).toContain('n0, n1, n2, n3, n4, n5 and 193 more (199 hosts):\n  no change');
    expect(out).toContain('n7:\n  FAILED: Connection refused');
  });

  it('has the exit code of what went wrong', () => {
    const failed = new KubewrightError({ what: 'disk full' });
    expect(exitCodeOf([result('a')])).toBe(0);
    expect(exitCodeOf([result('a', { error: failed })])).toBe(1);
    expect(exitCodeOf([result('a', { error: failed }), result('b', { error: refused })])).toBe(3);
    expect(exitCodeOf([result('a', { error: new InterruptedError({ what: 'x' }) }), result('b', { error: refused })])).toBe(130);
  });

  it('is one JSON document on request', () => {
    const parsed = JSON.parse(
      resultsJson([result('n1', { changes: [change] }), result('n2', { error: refused })], { dry: false }),
    );
    expect(parsed).toMatchObject({
      schema: 1,
      machines: [
        { host: 'n1', changes: [change] },
        { host: 'n2', error: { reason: 'Connection refused' } },
      ],
    });
  });

  it('gives the reason in the words of OpenSSH', () => {
    const auth = new TransportError('auth', { what: 'x', why: 'Tried: password' }, ['publickey', 'password']);
    expect(reasonOf(auth)).toBe('Permission denied (publickey,password)');
    expect(reasonOf(new TransportError('host-key', { what: 'The host key has changed' }))).toMatch(
      /^Host key verification failed/,
    );
    expect(reasonOf(new KubewrightError({ what: 'a\n b' }))).toBe('a; b');
  });
});

describe('the table of logins', () => {
  const pairs = (n: number, fails: (from: number, to: number) => string | undefined) =>
    Array.from({ length: n * n }, (_, i) => [Math.floor(i / n), i % n] as const).flatMap(([f, t]) =>
      f === t ? [] : [{ from: `n${f}`, to: `n${t}`, error: fails(f, t) }],
    );

  it('shows every pair of nine hosts', () => {
    const { out } = printed(() =>
      printPairs(
        pairs(9, (f, t) => (f === 1 && t === 3 ? 'Permission denied' : undefined)),
        120,
      ),
    );
    const lines = out.split('\n');
    expect(lines[0]).toBe('from \\ to  n0    n1    n2    n3    n4    n5    n6    n7    n8');
    expect(lines[2]).toBe('n1         ok    -     ok    FAIL  ok    ok    ok    ok    ok');
    expect(out).toContain('n1 -> n3  FAILED: Permission denied');
    expect(out).toContain('71 of 72 logins succeeded');
  });

  it('shows failures and counts of two hundred', () => {
    const { out } = printed(() =>
      printPairs(
        pairs(200, (_, t) => (t === 5 ? 'Connection refused' : undefined)),
        120,
      ),
    );
    expect(out).toBe('all 199 hosts -> n5  FAILED: Connection refused\n39601 of 39800 logins succeeded\n');
  });
});

function printed(work: () => void): { out: string; err: string } {
  let out = '';
  let err = '';
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text;
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += text;
    return true;
  });
  try {
    work();
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
  return { out, err };
}
