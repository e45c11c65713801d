import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parseSshArgs } from '../../../src/app/ssh-args.js';
import { type TargetFlags, targetFromHost } from '../../../src/app/targets.js';
import { InputError } from '../../../src/errors.js';
import type { Host, Variable, VarValue } from '../../../src/inventory/model.js';
import { Secret } from '../../../src/shell/secret.js';
import type { Target } from '../../../src/transport/port.js';

/** The first variable stands in line 10, the second in line 11. */
function host(values: Readonly<Record<string, VarValue>>): Host {
  const vars = new Map<string, Variable>(
    Object.entries(values).map(([k, value], i) => [k, { value, source: { file: 'hosts.ini', line: 10 + i, column: 7 } }]),
  );
  return { name: 'node1', source: { file: 'hosts.ini', line: 2, column: 1 }, groups: new Set(['all']), vars };
}

function target(values: Readonly<Record<string, VarValue>>, flags: TargetFlags = {}): Target {
  return targetFromHost(host(values), flags);
}

function refusal(run: () => unknown): InputError {
  try {
    run();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('targetFromHost', () => {
  it('knows how a bare host is reached', () => {
    expect(target({})).toEqual({
      name: 'node1',
      address: 'node1',
      port: 22,
      user: userInfo().username,
      connection: 'ssh',
      password: undefined,
      privateKeyFile: undefined,
      become: { enabled: true, user: 'root', method: 'sudo', password: undefined },
      hostKeys: { mode: 'accept-new', files: ['~/.ssh/known_hosts'] },
      timeoutMs: 10_000,
    });
  });

  it("reads Ansible's variables", () => {
    const t = target({
      ansible_host: '192.168.1.11',
      ansible_port: '2222',
      ansible_user: 'admin',
      ansible_password: 'hunter2',
      ansible_ssh_private_key_file: '~/keys/a',
      ansible_become: 'no',
      ansible_become_user: 'ops',
      ansible_become_password: 'hunter3',
    });
    expect(t).toMatchObject({ address: '192.168.1.11', port: 2222, user: 'admin', privateKeyFile: '~/keys/a' });
    expect(t.become).toMatchObject({ enabled: false, user: 'ops' });
    expect(t.password?.reveal()).toBe('hunter2');
    expect(t.become.password?.reveal()).toBe('hunter3');
    expect(JSON.stringify(t)).not.toContain('hunter');
  });

  it('reads the old names of the same variables', () => {
    const t = target({
      ansible_ssh_host: '10.0.0.1',
      ansible_ssh_port: 23,
      ansible_ssh_user: 'old',
      ansible_ssh_pass: 'a',
      ansible_become_pass: 'b',
    });
    expect(t).toMatchObject({ address: '10.0.0.1', port: 23, user: 'old' });
    expect([t.password?.reveal(), t.become.password?.reveal()]).toEqual(['a', 'b']);
  });

  it('takes a password that is a number as its digits', () => {
    expect(target({ ansible_password: 12345 }).password?.reveal()).toBe('12345');
  });

  it('runs on this machine when told so', () => {
    expect(target({ ansible_connection: 'local' }).connection).toBe('local');
    expect(target({ ansible_connection: 'paramiko' }).connection).toBe('ssh');
  });

  it('fills from flags what variables leave open', () => {
    const flags: TargetFlags = {
      user: 'flag',
      privateKey: '/flag.key',
      password: new Secret('p', 'flag-pw'),
      becomePassword: new Secret('b', 'flag-become'),
      hostKeyChecking: 'strict',
      connectTimeoutSec: 3,
      become: false,
    };
    const open = target({}, flags);
    expect(open).toMatchObject({ user: 'flag', privateKeyFile: '/flag.key', timeoutMs: 3000, become: { enabled: false } });
    expect(open.hostKeys.mode).toBe('strict');
    expect([open.password?.reveal(), open.become.password?.reveal()]).toEqual(['flag-pw', 'flag-become']);
    const said = target(
      { ansible_user: 'var', ansible_ssh_private_key_file: '/var.key', ansible_password: 'v', ansible_become: true },
      flags,
    );
    expect(said).toMatchObject({ user: 'var', privateKeyFile: '/var.key', become: { enabled: true } });
    expect(said.password?.reveal()).toBe('v');
  });

  it('switches the check of host keys off as Ansible does', () => {
    expect(target({ ansible_host_key_checking: 'False' }).hostKeys.mode).toBe('off');
    expect(target({ ansible_host_key_checking: 'False' }, { hostKeyChecking: 'strict' }).hostKeys.mode).toBe('strict');
  });

  it("reads ssh's arguments; variables of their own win over them, extra ones over common ones", () => {
    const common = '-o ConnectTimeout=30 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -p 2022 -l joe -i /k';
    expect(target({ ansible_ssh_common_args: common })).toMatchObject({
      port: 2022,
      user: 'joe',
      privateKeyFile: '/k',
      timeoutMs: 30_000,
      hostKeys: { mode: 'off', files: ['/dev/null'] },
    });
    const own = { ansible_ssh_common_args: common, ansible_port: 24, ansible_user: 'me', ansible_ssh_private_key_file: '/m' };
    expect(target(own)).toMatchObject({ port: 24, user: 'me', privateKeyFile: '/m' });
    expect(target({ ansible_ssh_common_args: common, ansible_ssh_extra_args: '-p 2023' }).port).toBe(2023);
  });

  it.each([
    ['ansible_port', '70000', /port between 1 and 65535/],
    ['ansible_port', 'ssh', /port between 1 and 65535/],
    ['ansible_port', '0', /port between 1 and 65535/],
    ['ansible_become', 'perhaps', /true or false/],
    ['ansible_connection', 'winrm', /one of ssh, local/],
    ['ansible_become_method', 'su', /su is not supported/],
    ['ansible_user', '{{ admin }}', /Jinja/],
    ['ansible_host', ['a'], /must be text/],
    ['ansible_ssh_common_args', '-o ProxyJump=bastion', /ProxyJump=bastion .* not supported/],
    ['ansible_ssh_common_args', '-p many', /many/],
  ] as const)('refuses %s: %s and says where it stands', (name, value, what) => {
    const { parts } = refusal(() => target({ ansible_remote_tmp: '/tmp', [name]: value }));
    expect(parts.what).toMatch(what);
    expect(parts.where).toBe('hosts.ini:11:7');
    expect(parts.todo).toBeTruthy();
  });

  it('names the extra arguments where they are meant', () => {
    const { parts } = refusal(() => target({ ansible_ssh_extra_args: '-J bastion' }));
    expect(parts.where).toBe('hosts.ini:10:7');
    expect(parts.what).toContain('-J');
  });
});

describe('parseSshArgs', () => {
  const parse = (text: string): unknown => parseSshArgs(text, 'hosts.ini:1:1');

  it.each([
    ['', {}],
    ['-o StrictHostKeyChecking=no', { hostKeyMode: 'off' }],
    ['-oStrictHostKeyChecking=accept-new', { hostKeyMode: 'accept-new' }],
    ['-o stricthostkeychecking=yes', { hostKeyMode: 'strict' }],
    ["-o 'StrictHostKeyChecking no'", { hostKeyMode: 'off' }],
    ['-o "UserKnownHostsFile=/a /b"', { knownHostsFiles: ['/a', '/b'] }],
    ['-o UserKnownHostsFile=/dev/null', { knownHostsFiles: ['/dev/null'], hostKeyMode: 'off' }],
    ['-p2222 -ladmin -i/key', { port: 2222, user: 'admin', identityFile: '/key' }],
    ['-o Port=2222 -o User=admin -o IdentityFile=/key', { port: 2222, user: 'admin', identityFile: '/key' }],
    ['-C -q -o ControlMaster=auto -o ControlPersist=60s -o ServerAliveInterval=30', {}],
  ])('%s', (text, wanted) => expect(parse(text)).toEqual(wanted));

  it.each(['-o ProxyJump=bastion', '-oProxyCommand="ssh -W %h:%p bastion"', '-J bastion'])(
    '%s: refused with a way out',
    (text) => {
      expect(refusal(() => parse(text)).parts).toMatchObject({
        where: 'hosts.ini:1:1',
        todo: expect.stringMatching(/jump host/),
      });
    },
  );

  it.each(['-L 80:a:80', '-o Ciphers=none', 'word'])('%s: refused, not left out in silence', (text) => {
    expect(refusal(() => parse(text)).parts).toMatchObject({
      where: 'hosts.ini:1:1',
      todo: expect.stringMatching(/Leave it out/),
    });
  });

  it.each(['-p 0', '-p 99999', '-p x', '-o Port=x', '-o ConnectTimeout=soon'])('%s: no number that makes sense', (text) => {
    expect(refusal(() => parse(text)).parts.where).toBe('hosts.ini:1:1');
  });
});
