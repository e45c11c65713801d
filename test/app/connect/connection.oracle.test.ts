import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../../src/base/package-root.js';
import { missingForCli } from '../../support/cli.js';

const has = (name: string): boolean => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
const reason = missingForCli() ?? (has('ansible') ? undefined : 'needs ansible') ?? (has('ssh') ? undefined : 'needs ssh');

interface Case {
  readonly ini: string;
  readonly cfg?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const CASES: Readonly<Record<string, Case>> = {
  'old names on the host, new ones in its group': {
    ini: 'n1 ansible_ssh_host=127.0.0.3 ansible_ssh_port=2202 ansible_ssh_user=vagrant\n[g]\nn1\n[g:vars]\nansible_host=127.0.0.2\nansible_port=2201\nansible_user=root\n',
  },
  'a name alone': { ini: 'n1\n' },
  'user, port, key and timeout of ansible.cfg': {
    ini: 'n1 ansible_host=127.0.0.4\n',
    cfg: '[defaults]\nremote_user = cfg\nremote_port = 2203\nprivate_key_file = keys/id\ntimeout = 7\n',
  },
  'variables over ansible.cfg': {
    ini: 'n1 ansible_host=127.0.0.4 ansible_user=var ansible_port=2204 ansible_ssh_private_key_file=keys/other\n',
    cfg: '[defaults]\nremote_user = cfg\nremote_port = 2203\nprivate_key_file = keys/id\n',
  },
  'a jump host in ssh_args': {
    ini: 'n1 ansible_host=10.9.0.1\n',
    cfg: '[ssh_connection]\nssh_args = -o ProxyJump=jump@127.0.0.5:2222\n',
  },
  'a jump host in ssh_common_args, beside ssh_extra_args': {
    ini: 'n1 ansible_host=10.9.0.1\n',
    cfg: '[ssh_connection]\nssh_common_args = -J jump@127.0.0.5\nssh_extra_args = -o ServerAliveInterval=9\n',
  },
  ansible_ssh_common_args: { ini: "n1 ansible_host=10.9.0.1 ansible_ssh_common_args='-o ProxyJump=u@127.0.0.6:2022'\n" },
  'an ssh configuration named in ssh_args': {
    ini: 'n1 ansible_host=inner\n',
    cfg: '[ssh_connection]\nssh_args = -F ./ssh.conf\n',
  },
  'ANSIBLE_SSH_ARGS and ANSIBLE_REMOTE_USER': {
    ini: 'n1 ansible_host=127.0.0.7\n',
    env: { ANSIBLE_SSH_ARGS: '-o Port=2205', ANSIBLE_REMOTE_USER: 'env' },
  },
};
/** Of `ssh -G`: where a connection goes, as whom, and with what. */
const KEYS = [
  'hostname',
  'port',
  'user',
  'identityfile',
  'proxycommand',
  'connecttimeout',
  'hop-hostname',
  'hop-port',
  'hop-user',
];

describe.skipIf(reason)(`connections, compared with ansible -m raw${reason ? ` (${reason})` : ''}`, { timeout: 120_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-raw-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  mkdirSync(join(dir, 'keys'));
  for (const key of ['id', 'other']) writeFileSync(join(dir, 'keys', key), 'no key\n', { mode: 0o600 });
  writeFileSync(join(dir, 'ssh.conf'), 'Host inner\n  HostName 127.0.0.8\n  Port 2206\n  User inside\n');
  // In place of ssh: what it would do.
  const real = spawnSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).stdout.trim();
  writeFileSync(
    join(bin, 'ssh'),
    `#!/bin/sh
${real} -G "$@" > "$KW_TEST_OUT.new"
config=none last=
for word; do [ "$last" != -F ] || config=$word; last=$word; done
# A jump host may be a name of the configuration that was made for it.
hop=$(sed -n 's/^proxyjump //p' "$KW_TEST_OUT.new" | tr -d '[]')
[ -z "$hop" ] || ${real} -G -F "$config" "ssh://$hop" | sed -n 's/^\\(hostname\\|port\\|user\\) /hop-&/p' >> "$KW_TEST_OUT.new"
grep -v '^proxyjump ' "$KW_TEST_OUT.new" > "$KW_TEST_OUT"
exit 255
`,
  );
  chmodSync(join(bin, 'ssh'), 0o755);

  /** What ssh is told. */
  async function told(program: string, args: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const out = join(dir, 'out');
    rmSync(out, { force: true });
    const clean = Object.entries(process.env).filter(([k]) => !/^(ANSIBLE|KUBEWRIGHT|SSH)_/.test(k));
    const env = { ...Object.fromEntries(clean), ...extra, PATH: `${bin}:${process.env.PATH}`, KW_TEST_OUT: out };
    const printed = await new Promise<string>((resolve) => {
      execFile(program, args, { cwd: dir, env }, (_error, stdout, stderr) => resolve(stdout + stderr));
    });
    let said = '';
    try {
      said = readFileSync(out, 'utf8');
    } catch {
      throw new Error(`${program} ran no ssh:\n${printed}`);
    }
    return said
      .split('\n')
      .filter((l) => KEYS.includes(l.split(' ')[0] ?? ''))
      .sort();
  }

  it.each(Object.entries(CASES))('%s', async (_, { ini, cfg = '', env }) => {
    writeFileSync(join(dir, 'hosts.ini'), ini);
    writeFileSync(join(dir, 'ansible.cfg'), cfg);
    const theirs = await told('ansible', ['n1', '-i', 'hosts.ini', '-m', 'raw', '-a', 'true'], env);
    const ours = await told(
      process.execPath,
      [join(PACKAGE_ROOT, 'bin/run.js'), 'ssh', 'n1', '-i', 'hosts.ini', '--', 'true'],
      env,
    );
    expect(ours).toEqual(theirs);
    expect(theirs.some((l) => l.startsWith('hop-hostname 127.'))).toBe(/ProxyJump|-J /.test(ini + cfg));
  });
});
