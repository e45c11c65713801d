import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAnsibleConfig } from '../../../src/inventory/ansible-cfg/ansible-cfg.js';

const root = mkdtempSync(join(tmpdir(), 'kubewright-cfg-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const cwd = join(root, 'work');
const home = join(root, 'home');
for (const dir of [cwd, home, join(root, 'named')]) mkdirSync(dir, { mode: 0o755 });

const TEXT = `# comment
[defaults]
inventory = hosts.ini, more # not a comment
remote_user: joe ; a comment
private_key_file = ~/key
host_key_checking = False
FORKS=7
timeout = 30
[privilege_escalation]
become = yes
become_user = admin
become_ask_pass = no
`;

describe('ansible.cfg', () => {
  it('is found in the order of Ansible, and read as it reads it', () => {
    expect(readAnsibleConfig({ env: {}, cwd, home }).remoteUser).toBeUndefined();
    writeFileSync(join(home, '.ansible.cfg'), '[defaults]\nremote_user = home\n');
    expect(readAnsibleConfig({ env: {}, cwd, home }).remoteUser).toBe('home');
    writeFileSync(join(cwd, 'ansible.cfg'), TEXT);
    const c = readAnsibleConfig({ env: {}, cwd, home });
    expect(c).toMatchObject({
      remoteUser: 'joe',
      hostKeyChecking: false,
      forks: 7,
      timeout: 30,
      become: true,
      becomeUser: 'admin',
    });
    expect(c.inventory).toEqual([join(cwd, 'hosts.ini'), join(cwd, 'more # not a comment')]);
    expect(c.becomeAskPass).toBe(false);
    expect(c.file).toBe(join(cwd, 'ansible.cfg'));
    expect(c.origins.get('forks')).toBe(`${join(cwd, 'ansible.cfg')}:7:1`);
    writeFileSync(join(root, 'named/ansible.cfg'), '[defaults]\nremote_user = named\n');
    expect(readAnsibleConfig({ env: { ANSIBLE_CONFIG: join(root, 'named') }, cwd, home }).remoteUser).toBe('named');
  });

  it('gives way to ANSIBLE_ variables', () => {
    writeFileSync(join(cwd, 'ansible.cfg'), TEXT);
    const c = readAnsibleConfig({ env: { ANSIBLE_REMOTE_USER: 'env', ANSIBLE_FORKS: '3', ANSIBLE_INVENTORY: 'x,y' }, cwd, home });
    expect(c).toMatchObject({ remoteUser: 'env', forks: 3, inventory: [join(cwd, 'x'), join(cwd, 'y')], timeout: 30 });
  });

  it('lets the section of ssh win', () => {
    const ssh = '[ssh_connection]\ntimeout = 33\nhost_key_checking = no\n';
    writeFileSync(join(cwd, 'ansible.cfg'), `${ssh}[defaults]\ntimeout = 5\nhost_key_checking = yes\n`);
    expect(readAnsibleConfig({ env: {}, cwd, home })).toMatchObject({ timeout: 33, hostKeyChecking: false });
    expect(readAnsibleConfig({ env: { ANSIBLE_TIMEOUT: '7' }, cwd, home }).timeout).toBe(7);
  });

  it('is ignored with a warning if its directory is world-writable', () => {
    writeFileSync(join(cwd, 'ansible.cfg'), TEXT);
    chmodSync(cwd, 0o777);
    const c = readAnsibleConfig({ env: {}, cwd, home });
    chmodSync(cwd, 0o755);
    expect(c.remoteUser).toBe('home');
    expect(c.warnings[0]?.what).toMatch(/world-writable/);
  });

  it('says where it is wrong', () => {
    const wrong = (text: string): unknown => {
      writeFileSync(join(cwd, 'ansible.cfg'), text);
      return readAnsibleConfig({ env: {}, cwd, home });
    };
    expect(() => wrong('forks=1\n')).toThrow(/before the first section/);
    expect(() => wrong('[defaults]\nforks=1\nforks=2\n')).toThrow(/set twice/);
    expect(() => wrong('[defaults]\nforks=many\n')).toThrow(/whole number/);
    expect(() => wrong('[defaults]\nforks\n')).toThrow(/no value/);
  });
});
