import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseSshArgs } from '../../../src/app/connect/ssh-args.js';
import { type TargetFlags, targetFromHost } from '../../../src/app/connect/targets.js';
import { InputError } from '../../../src/base/errors.js';
import { whereText, wholeFile } from '../../../src/base/place.js';
import { formatParts } from '../../../src/base/text/render-error.js';
import type { Host } from '../../../src/inventory/model/model.js';
import type { Variable, VarValue } from '../../../src/inventory/model/values.js';
import { Secret } from '../../../src/shell/secret.js';
import type { Target } from '../../../src/transport/types.js';

const dir = mkdtempSync(join(tmpdir(), 'kubewright-targets-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The first variable is in line 10, the second in line 11. */
function host(values: Readonly<Record<string, VarValue>>): Host {
  const vars = new Map<string, Variable>(
    Object.entries(values).map(([k, value], i) => [k, { value, source: { file: 'hosts.ini', line: 10 + i, column: 7 } }]),
  );
  return { name: 'node1', source: { file: 'hosts.ini', line: 2, column: 1 }, groups: new Set(['all']), vars };
}

function target(values: Readonly<Record<string, VarValue>>, flags: TargetFlags = {}): Target {
  return targetFromHost(host(values), { sshConfig: 'none', ...flags });
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

describe('a named SSH configuration', () => {
  it('is refused if it does not exist, as by ssh -F', () => {
    const parts = { what: 'SSH configuration file not found', where: wholeFile('/not/there') };
    expect(refusal(() => target({}, { sshConfig: '/not/there' })).parts).toMatchObject(parts);
    expect(refusal(() => target({ ansible_ssh_common_args: '-F /not/there' })).parts).toMatchObject(parts);
  });
});

describe('targetFromHost', () => {
  it('has defaults for a bare host', () => {
    expect(target({})).toEqual({
      name: 'node1',
      address: 'node1',
      port: 22,
      user: userInfo().username,
      connection: 'ssh',
      password: undefined,
      privateKeyFile: undefined,
      become: { enabled: true, user: 'root', method: 'sudo', password: undefined },
      hostKeys: {
        mode: 'accept-new',
        files: [`${homedir()}/.ssh/known_hosts`, `${homedir()}/.ssh/known_hosts2`],
        globalFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
        alias: undefined,
        hash: false,
      },
      identities: { files: [], certificates: [], only: false, agent: undefined },
      jumps: [],
      proxyCommand: undefined,
      keepalive: undefined,
      addressFamily: undefined,
      bindAddress: undefined,
      methods: undefined,
      warnings: [],
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
    expect(t).toMatchObject({ address: '192.168.1.11', port: 2222, user: 'admin', privateKeyFile: `${homedir()}/keys/a` });
    expect(t.become).toMatchObject({ enabled: false, user: 'ops' });
    expect(t.password?.reveal()).toBe('hunter2');
    expect(t.become.password?.reveal()).toBe('hunter3');
    expect(JSON.stringify(t)).not.toContain('hunter');
  });

  it('reads the old names of variables', () => {
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

  it('runs on this machine with ansible_connection=local', () => {
    expect(target({ ansible_connection: 'local' }).connection).toBe('local');
    expect(target({ ansible_connection: 'paramiko' }).connection).toBe('ssh');
  });

  it('takes from flags what variables do not set', () => {
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

  it('turns host key checking off as Ansible does', () => {
    expect(target({ ansible_host_key_checking: 'False' }).hostKeys.mode).toBe('off');
    expect(target({ ansible_host_key_checking: 'False' }, { hostKeyChecking: 'strict' }).hostKeys.mode).toBe('strict');
  });

  it("reads ssh's arguments; variables of their own win over them, the first one said wins, as with ssh itself", () => {
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
    expect(target({ ansible_ssh_common_args: common, ansible_ssh_extra_args: '-p 2023' }).port).toBe(2022);
  });

  it.each([
    ['ansible_port', '70000', /port between 1 and 65535/],
    ['ansible_port', 'ssh', /port between 1 and 65535/],
    ['ansible_port', '0', /port between 1 and 65535/],
    ['ansible_become', 'perhaps', /true or false/],
    ['ansible_connection', 'winrm', /one of ssh, local/],
    ['ansible_become_method', 'pbrun', /pbrun is not supported/],
    ['ansible_host', ['a'], /must be text/],
    ['ansible_ssh_common_args', '-J a:0', /"a:0" is not a valid jump host/],
    ['ansible_ssh_common_args', '-p', /-p in ansible_ssh_common_args has no value/],
    ['ansible_ssh_common_args', '-o "User', /quote/],
    ['ansible_ssh_common_args', '-p many', /many/],
  ] as const)('refuses %s: %s and says where it stands', (name, value, what) => {
    const { parts } = refusal(() => target({ ansible_remote_tmp: '/tmp', [name]: value }));
    expect(parts.what).toMatch(what);
    expect(whereText(parts.where ?? '')).toMatch(/^(hosts.ini:11:7|node1)/);
    expect(parts.fix).toBeTruthy();
  });

  it('warns of ignored arguments, with their place, and applies the rest', () => {
    const { warnings, port } = target({
      ansible_ssh_common_args: '-L 80:a:80 -p 2022 word',
      ansible_ssh_extra_args: '-o RemoteCommand=ls -A',
    });
    expect(port).toBe(2022);
    expect(warnings?.map(formatParts)).toEqual([
      'hosts.ini:10:7: -L in ansible_ssh_common_args is ignored',
      'hosts.ini:10:7: 80:a:80 in ansible_ssh_common_args is ignored',
      'hosts.ini:10:7: word in ansible_ssh_common_args is ignored',
      'hosts.ini:11:7: -A (agent forwarding) in ansible_ssh_extra_args is ignored',
      'hosts.ini:11:7: remotecommand ls is ignored: it is not supported',
    ]);
  });

  it("takes what ssh_config says, after the inventory's word", () => {
    const config = join(dir, 'config');
    writeFileSync(
      config,
      'Host 10.0.0.*\n User conf\n Port 99\n IdentityFile /conf.key\n IdentitiesOnly yes\n ConnectTimeout 33\n ServerAliveInterval 7\n' +
        'Host node1\n HostName real.example.org\n HostKeyAlias pinned\n StrictHostKeyChecking yes\n PasswordAuthentication no\n',
    );
    const flags = { sshConfig: config };
    expect(target({ ansible_host: '10.0.0.7', ansible_port: 24 }, flags)).toMatchObject({
      address: '10.0.0.7',
      port: 24,
      user: 'conf',
      privateKeyFile: '/conf.key',
      identities: { only: true },
      timeoutMs: 33_000,
      keepalive: { intervalMs: 7000, count: 3 },
    });
    expect(target({}, flags)).toMatchObject({
      address: 'real.example.org',
      hostKeys: { mode: 'strict', alias: 'pinned' },
      methods: ['publickey', 'keyboard-interactive'],
    });
    expect(target({ ansible_ssh_common_args: `-F ${config}` }).address).toBe('real.example.org');
    expect(target({ ansible_host: '10.0.0.7', ansible_ssh_private_key_file: '/own' }, flags)).toMatchObject({
      privateKeyFile: '/own',
      identities: { files: ['/conf.key'] },
    });
    expect(target({}, { ...flags, connectTimeoutSec: 3, hostKeyChecking: 'off' })).toMatchObject({
      timeoutMs: 3000,
      hostKeys: { mode: 'off' },
    });
  });

  it('expands the tokens of a proxy command', () => {
    const args = '-o ProxyCommand="ssh -W %h:%p -q bastion"';
    expect(target({ ansible_host: '10.0.0.7', ansible_port: 24, ansible_ssh_common_args: args }).proxyCommand).toBe(
      'ssh -W 10.0.0.7:24 -q bastion',
    );
  });
});

describe('jump hosts', () => {
  const named = (name: string, values: Readonly<Record<string, VarValue>>): Host => ({ ...host(values), name });
  const chain = (t: Target): string[] => (t.jumps ?? []).map((j) => `${j.user}@${j.address}:${j.port}`);

  it('come from the arguments, several in a row, with user and port of their own', () => {
    const t = target({ ansible_ssh_common_args: '-J joe@a:2201,[fe80::1]:23,ssh://c' });
    const me = userInfo().username;
    expect(chain(t)).toEqual(['joe@a:2201', `${me}@fe80::1:23`, `${me}@c:22`]);
  });

  it("have settings of their own, and none of the target's", () => {
    const config = join(dir, 'jumps');
    writeFileSync(config, 'Host a\n HostName a.example.org\n Port 7\n User ann\n IdentityFile /a.key\n ProxyJump first\n');
    const t = target(
      { ansible_ssh_common_args: '-J a,b', ansible_password: 'p' },
      { sshConfig: config, user: 'flag', privateKey: '/flag.key', password: new Secret('p', 'x') },
    );
    const me = userInfo().username;
    expect(chain(t)).toEqual([`${me}@first:22`, 'ann@a.example.org:7', `${me}@b:22`]);
    expect(t.jumps?.map((j) => j.privateKeyFile)).toEqual([undefined, '/a.key', undefined]);
    expect(t.jumps?.every((j) => j.password === undefined && j.jumps?.length === 0)).toBe(true);
  });

  it('may be hosts of the inventory', () => {
    const bastion = named('bastion', { ansible_host: '192.0.2.1', ansible_user: 'ops', ansible_password: 'secret' });
    const t = target({ ansible_ssh_common_args: '-J bastion' }, { lookup: (n) => (n === 'bastion' ? bastion : undefined) });
    expect(chain(t)).toEqual(['ops@192.0.2.1:22']);
    expect(t.jumps?.[0]?.password?.reveal()).toBe('secret');
  });

  it('are reached directly, even if the variables of all say otherwise', () => {
    const all = { ansible_ssh_common_args: '-J bastion' };
    const bastion = named('bastion', { ...all, ansible_host: '192.0.2.1' });
    const lookup = (n: string): Host | undefined => (n === 'bastion' ? bastion : undefined);
    expect(chain(targetFromHost(bastion, { sshConfig: 'none', lookup }))).toEqual([]);
    expect(chain(target(all, { lookup }))).toEqual([`${userInfo().username}@192.0.2.1:22`]);
  });

  it('are off with none', () => {
    const config = join(dir, 'none');
    writeFileSync(config, 'Host *\n ProxyJump bastion\n');
    expect(chain(target({}, { sshConfig: config }))).toHaveLength(1);
    expect(chain(target({ ansible_ssh_common_args: '-o ProxyJump=none' }, { sshConfig: config }))).toEqual([]);
  });
});

describe('parseSshArgs', () => {
  const parse = (text: string): string[] =>
    parseSshArgs(text, { file: 'hosts.ini', line: 1, column: 1 }).options.map((o) => `${o.keyword}=${o.args.join('|')}`);

  it.each([
    ['', []],
    ['-o StrictHostKeyChecking=no', ['stricthostkeychecking=no']],
    ["-o 'StrictHostKeyChecking no'", ['stricthostkeychecking=no']],
    ['-o "UserKnownHostsFile=/a /b"', ['userknownhostsfile=/a|/b']],
    ['-p2222 -ladmin -i/key', ['port=2222', 'user=admin', 'identityfile=/key']],
    ['-qCp 22 -4', ['port=22', 'addressfamily=inet']],
    ['-C -q -tt -o ControlMaster=auto', ['controlmaster=auto']],
    ['-S /path -J a,b', ['proxyjump=a,b']],
    ['-oProxyCommand="ssh -W %h:%p bastion"', ['proxycommand=ssh|-W|%h:%p|bastion']],
  ])('%s', (text, wanted) => expect(parse(text)).toEqual(wanted));

  it.each(['-p 0', '-p 99999', '-p x', '-o Port=x', '-o ConnectTimeout=soon', '-o StrictHostKeyChecking=perhaps'])(
    '%s: invalid value',
    (text) => {
      const { parts } = refusal(() => target({ ansible_ssh_common_args: text }));
      expect(parts.where).toMatchObject({ file: 'hosts.ini', line: 10, column: 7 });
      expect(parts.what).toMatch(/ is invalid: expected /);
    },
  );
});

describe('as Ansible takes them', () => {
  it.each([
    // Of an option's variables the last one that is set counts, whether it is a host's or a group's.
    [{ ansible_ssh_host: '127.0.0.3', ansible_host: '127.0.0.2' }, { address: '127.0.0.3' }],
    [{ ansible_ssh_port: 2202, ansible_port: 2201 }, { port: 2202 }],
    [{ ansible_ssh_user: 'vagrant', ansible_user: 'root' }, { user: 'vagrant' }],
    [{ ansible_ssh_user: '', ansible_user: 'root' }, { user: 'root' }],
    [{ ansible_ssh_private_key_file: '/a', ansible_private_key_file: '/b' }, { privateKeyFile: '/a' }],
    [{ ansible_ssh_timeout: 7, ansible_timeout: 9 }, { timeoutMs: 7000 }],
    [{ ansible_host_key_checking: true, ansible_ssh_host_key_checking: false }, { hostKeys: { mode: 'off' } }],
    [{ ansible_sudo_user: 'a', ansible_become_user: 'b' }, { become: { user: 'a' } }],
    [{ ansible_become_method: 'su', ansible_sudo_user: 'a', ansible_become_user: 'b' }, { become: { user: 'b' } }],
    [{ ansible_become_exe: '/opt/wrap', ansible_become_flags: '-E' }, { become: { exe: '/opt/wrap', flags: '-E' } }],
    [{ ansible_sudo_exe: '/opt/wrap' }, { become: { exe: '/opt/wrap' } }],
    [{ ansible_connection: 'ansible.builtin.ssh' }, { connection: 'ssh' }],
    [{ ansible_connection: 'ansible.builtin.local' }, { connection: 'local' }],
    [{ ansible_connection: 'paramiko_ssh' }, { connection: 'ssh' }],
  ])('%j', (values, expected) => {
    expect(target(values)).toMatchObject(expected);
  });

  it('the password of the plugin wins over the common ones', () => {
    const password = (values: Record<string, string>): string | undefined => target(values).become.password?.reveal();
    expect(password({ ansible_sudo_pass: 's', ansible_become_password: 'b', ansible_become_pass: 'c' })).toBe('s');
    expect(password({ ansible_become_password: 'b', ansible_become_pass: 'c' })).toBe('c');
    expect(target({ ansible_password: 'a', ansible_ssh_password: 'z', ansible_ssh_pass: 'b' }).password?.reveal()).toBe('z');
  });

  it('an old name beside a new one with another value is told, without values', () => {
    const t = target({ ansible_ssh_pass: 'secret1', ansible_password: 'secret2', ansible_user: 'a', ansible_ssh_user: 'a' });
    expect(t.warnings?.map((w) => w.what)).toEqual(['ansible_ssh_pass counts, and ansible_password has no effect']);
    expect(JSON.stringify(t.warnings)).not.toContain('secret');
  });

  const cfg = (text: string) => ({ text, where: { file: 'ansible.cfg', line: 2, column: 1 } });

  it('arguments of ansible.cfg count where no variable gives them', () => {
    const flags = { sshArgs: cfg('-o ProxyJump=gate -o Port=2222'), sshCommonArgs: cfg('-o User=x'), port: 2200 };
    expect(target({}, flags)).toMatchObject({ jumps: [{ address: 'gate' }], port: 2222, user: 'x' });
    expect(target({ ansible_ssh_args: '-C', ansible_user: 'y' }, flags)).toMatchObject({ jumps: [], port: 2200, user: 'y' });
  });

  it('a configuration of ssh that the arguments name also leads to the jump host', () => {
    const file = join(dir, 'bastion.conf');
    writeFileSync(file, 'Host node1\n  ProxyJump gate\nHost gate\n  HostName 192.0.2.9\n  Port 2200\n');
    expect(target({}, { sshArgs: cfg(`-F ${file}`) }).jumps).toMatchObject([{ address: '192.0.2.9', port: 2200 }]);
  });
});

describe("kubespray's bastion", () => {
  const bastion: Host = {
    ...host({ ansible_host: '203.0.113.5', ansible_user: 'ops' }),
    name: 'bastion',
    groups: new Set(['all', 'bastion']),
  };
  const lookup = (name: string): Host | undefined => (name === 'bastion' ? bastion : undefined);

  it('leads to every host that has no way of its own', () => {
    expect(target({}, { lookup }).jumps).toMatchObject([{ address: '203.0.113.5', user: 'ops' }]);
    expect(target({ ansible_ssh_common_args: '-o ProxyJump=none' }, { lookup }).jumps).toEqual([]);
    expect(target({ ansible_ssh_common_args: '-o ProxyJump=gate' }, { lookup }).jumps).toMatchObject([{ address: 'gate' }]);
    expect(target({ ansible_ssh_common_args: "-o ProxyCommand='nc %h %p'" }, { lookup })).toMatchObject({
      jumps: [],
      proxyCommand: 'nc node1 22',
    });
    expect(target({ ansible_connection: 'local' }, { lookup }).jumps).toEqual([]);
    expect(targetFromHost(bastion, { sshConfig: 'none', lookup }).jumps).toEqual([]);
  });

  it('is only that where the group has the name, too', () => {
    const other = { ...bastion, groups: new Set(['all']) };
    expect(target({}, { lookup: () => other }).jumps).toEqual([]);
  });
});
