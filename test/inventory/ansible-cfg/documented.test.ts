import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readAnsibleConfig, SETTINGS } from '../../../src/inventory/ansible-cfg/ansible-cfg.js';
import { parseConfig } from '../../../src/inventory/ansible-cfg/config-parser.js';
import { configWarnings, INEFFECTIVE } from '../../../src/inventory/ansible-cfg/without-effect.js';

const rows = new Map(
  [...readFileSync('docs/ansible-cfg.md', 'utf8').matchAll(/^\| `([\w.]+)` \| (honoured|warned|irrelevant) \|/gm)].map(
    ([, key = '', word = '']) => [key, word],
  ),
);
const those = (word: string): string[] => [...rows].flatMap(([key, w]) => (w === word ? [key] : [])).sort();
const listed = spawnSync('ansible-config', ['list'], {
  encoding: 'utf8',
  maxBuffer: 10_000_000,
  env: { ...process.env, HOME: '/' },
});

describe('docs/ansible-cfg.md', () => {
  it('calls honoured what is read', () => {
    const read = SETTINGS.flatMap(([, , sections, key]) =>
      sections.map((s) => `${s}.${s === 'defaults' && key.startsWith('ignore_') ? `inventory_${key}` : key}`),
    );
    expect(those('honoured')).toEqual([...new Set(read)].sort());
  });

  it('calls warned what gives a warning', () => {
    expect(those('warned')).toEqual(['ANSIBLE_BECOME_PASS', ...INEFFECTIVE.flatMap((i) => i.keys)].sort());
    for (const key of those('warned').filter((k) => k.includes('.') && k !== 'defaults.ask_vault_pass')) {
      const [section, name] = key.split('.');
      const [warning] = configWarnings(parseConfig(`[${section}]\n${name} = something-else\n`, 'ansible.cfg'), {});
      expect(warning, key).toMatchObject({ what: `${name} has no effect here`, where: { file: 'ansible.cfg', line: 2 } });
    }
  });

  it.skipIf(listed.status !== 0)('has every setting of the Ansible that is installed', () => {
    const all = Object.values(parse(listed.stdout) as Record<string, { ini?: { section: string; key: string }[] }>);
    const keys = all.flatMap((s) => (s.ini ?? []).map((i) => `${i.section}.${i.key}`));
    expect(keys.length).toBeGreaterThan(100);
    expect(keys.filter((k) => !rows.has(k))).toEqual([]);
  });
});

describe('settings of ansible.cfg that change nothing here', () => {
  const warned = (text: string, env = {}) => configWarnings(parseConfig(text, 'a.cfg'), env).map((w) => w.what);

  it('are named, unless their value comes to the same', () => {
    expect(warned('[defaults]\nhash_behaviour = merge\nforce_valid_group_names = ignore\ntransport = smart\n')).toEqual([
      'hash_behaviour has no effect here',
    ]);
    expect(warned('[inventory]\nenable_plugins = host_list, yaml, ini\n')).toEqual([]);
    expect(warned('[inventory]\nenable_plugins = aws_ec2, ini\n')).toEqual(['enable_plugins has no effect here']);
    expect(warned('', { ANSIBLE_BECOME_PASS: 'x', ANSIBLE_SSH_EXECUTABLE: 'ssh' })).toEqual([
      'ANSIBLE_BECOME_PASS has no effect here',
    ]);
  });

  it("kubespray's own file gives no warning", () => {
    const text = readFileSync('test/inventory/ansible-cfg/kubespray.cfg', 'utf8');
    expect(warned(text)).toEqual([]);
    const read = readAnsibleConfig({
      env: { ANSIBLE_CONFIG: 'test/inventory/ansible-cfg/kubespray.cfg' },
      cwd: process.cwd(),
      home: '/',
    });
    expect(read).toMatchObject({ ignorePatterns: ['artifacts', 'credentials'], hostKeyChecking: false, timeout: 300 });
    expect(read.ignoreExtensions).toContain('.creds');
    expect(read.sshArgs?.text).toContain('UserKnownHostsFile=/dev/null');
  });
});
