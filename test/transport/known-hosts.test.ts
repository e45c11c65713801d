import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fingerprint, KnownHosts } from '../../src/transport/known-hosts.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-known-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A key in wire format: its type, then something of its own. */
function key(type: string, content: string): Buffer {
  const part = (text: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return Buffer.concat([length, Buffer.from(text)]);
  };
  return Buffer.concat([part(type), part(content)]);
}
const A = key('ssh-ed25519', 'a');
const B = key('ssh-ed25519', 'b');
const RSA = key('ssh-rsa', 'r');
const line = (names: string, k: Buffer, type = 'ssh-ed25519'): string => `${names} ${type} ${k.toString('base64')}\n`;

let count = 0;
function known(text: string): KnownHosts {
  const file = join(dir, `kh-${count++}`);
  writeFileSync(file, text);
  return new KnownHosts([file]);
}
function hashed(name: string): string {
  const salt = Buffer.from('0123456789abcdefghij');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

describe('known_hosts', () => {
  it.each([
    ['a plain name', line('host', A), 'host', 22],
    ['one of several names', line('other,host,10.0.0.1', A), '10.0.0.1', 22],
    ['another port', line('[host]:2222', A), 'host', 2222],
    ['a hashed name', line(hashed('host'), A), 'host', 22],
    ['a hashed name with a port', line(hashed('[host]:2222'), A), 'host', 2222],
    ['a wildcard', line('*.example.com', A), 'h1.example.com', 22],
    ['a comment behind the key', `host ssh-ed25519 ${A.toString('base64')} me@there\n`, 'host', 22],
  ])('knows %s', (_name, text, host, port) => {
    expect(known(text).verify({ address: host, port: port }, A)).toEqual({ kind: 'known' });
    expect(known(text).verify({ address: host, port: port }, B)).toMatchObject({ kind: 'changed', fingerprint: fingerprint(A) });
  });

  it.each([
    ['another name', line('host', A), 'hos', 22],
    ['another key of the same name on another port', line('host', B), 'host', 2222],
    ['a negated name', line('*.example.com,!h1.example.com', A), 'h1.example.com', 22],
    ['a comment line', `#${line('host', A)}`, 'host', 22],
  ])('does not know %s', (_name, text, host, port) => {
    expect(known(text).verify({ address: host, port: port }, A)).toEqual({ kind: 'unknown' });
  });

  it('refuses revoked keys, whatever else is said of them', () => {
    const k = known(`${line('host', A)}@revoked ${line('*', A)}`);
    expect(k.verify({ address: 'host', port: 22 }, A)).toMatchObject({ kind: 'revoked', at: expect.stringMatching(/:2$/) });
  });

  it('says where the other key stands', () => {
    expect(known(`# first\n${line('host', B)}`).verify({ address: 'host', port: 22 }, A)).toMatchObject({
      kind: 'changed',
      line: 2,
      type: 'ssh-ed25519',
    });
  });

  it('passes over lines whose key is none, as OpenSSH does', () => {
    const broken =
      'host ssh-ed25519 AAAA!!!!\nhost ssh-ed25519 AAAAC3NzaC1lZDI1NTE5\nhost 1024 35 1234567890 old\nhost ssh-rsa\n';
    const mistyped = line('host', B, 'ssh-rsa');
    expect(known(broken + mistyped).verify({ address: 'host', port: 22 }, A)).toEqual({ kind: 'unknown', authority: undefined });
    expect(known(broken + mistyped + line('host', A)).verify({ address: 'host', port: 22 }, A)).toEqual({ kind: 'known' });
    expect(known(broken).typesOf({ address: 'host', port: 22 })).toEqual([]);
  });

  it('says which authority would vouch for a machine that is not known', () => {
    const k = known(`@cert-authority ${line('*.example.com', B)}`);
    expect(k.verify({ address: 'h1.example.com', port: 22 }, A)).toEqual({
      kind: 'unknown',
      authority: expect.stringMatching(/:1 \(@cert-authority\)$/),
    });
  });

  it('looks a machine up by its alias, without the port', () => {
    const k = known(line('pinned', A));
    expect(k.verify({ address: 'host', port: 2222, hostKeys: { alias: 'pinned' } }, A)).toEqual({ kind: 'known' });
    expect(k.verify({ address: 'pinned', port: 2222, hostKeys: { alias: 'other' } }, A)).toEqual({ kind: 'unknown' });
  });

  it('believes an entry without the port, as OpenSSH does', () => {
    expect(known(line('host', A)).verify({ address: 'HOST', port: 2222 }, A)).toEqual({ kind: 'known' });
  });

  it('reads the files of the machine too, but writes to the first of the own', () => {
    const [own, global] = [join(dir, 'own'), join(dir, 'global')];
    writeFileSync(own, '');
    writeFileSync(global, line('host', A));
    const policy = { mode: 'accept-new', files: [own], globalFiles: [global] } as const;
    expect(KnownHosts.of(policy).verify({ address: 'host', port: 22 }, A)).toEqual({ kind: 'known' });
    KnownHosts.of(policy).add({ address: 'other', port: 22 }, B);
    expect([readFileSync(own, 'utf8'), readFileSync(global, 'utf8')]).toEqual([line('other', B), line('host', A)]);
  });

  it('adds hashed names where that is wanted, and only once', () => {
    const file = join(dir, 'hashed');
    const owner = { address: 'host', port: 2222, hostKeys: { hash: true } };
    for (let i = 0; i < 2; i++) new KnownHosts([file]).add(owner, A);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^\|1\|[^|]{28}\|[^ ]{28} ssh-ed25519 \S+\n$/);
    expect(new KnownHosts([file]).verify(owner, A)).toEqual({ kind: 'known' });
  });

  it('tells the types that are known, for the order of the offer', () => {
    expect(known(line('host', RSA, 'ssh-rsa')).typesOf({ address: 'host', port: 22 })).toEqual(['ssh-rsa']);
  });

  it('adds a key once, after a missing newline, with the least rights', () => {
    const file = join(dir, 'new', 'known_hosts');
    new KnownHosts([file]).add({ address: 'host', port: 2222 }, A);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'new')).mode & 0o777).toBe(0o700);
    writeFileSync(file, readFileSync(file, 'utf8').trimEnd());
    new KnownHosts([file]).add({ address: 'host', port: 22 }, B);
    new KnownHosts([file]).add({ address: 'host', port: 22 }, B);
    expect(readFileSync(file, 'utf8')).toBe(line('[host]:2222', A) + line('host', B));
    expect(new KnownHosts([file]).verify({ address: 'host', port: 22 }, B)).toEqual({ kind: 'known' });
  });
});
