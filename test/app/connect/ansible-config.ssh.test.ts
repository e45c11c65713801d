import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli, missingForCli } from '../../support/cli.js';
import { keygen, missingForSsh, Sshd, type TestUser } from '../../support/fleet/sshd.js';

const reason = missingForSsh() ?? missingForCli();

describe.skipIf(reason)(`ansible.cfg, with a real sshd${reason ? ` (${reason})` : ''}`, { timeout: 90_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'kubewright-cfg-'));
  const sshd = new Sshd();
  let user: TestUser;
  let other: TestUser;

  beforeAll(async () => {
    mkdirSync(join(dir, 'home/.ssh'), { recursive: true });
    mkdirSync(join(dir, 'keys'));
    // sshd reads the keys as the user.
    chmodSync(dir, 0o755);
    keygen(join(dir, 'keys/id'));
    await sshd.start(['PermitRootLogin yes', `AuthorizedKeysFile ${dir}/keys/id.pub`]);
    user = sshd.addUser();
    other = sshd.addUser();
    writeFileSync(join(dir, 'home/.ssh/known_hosts'), sshd.hostKeyLine());
    const place = `ansible_host=127.0.0.1 ansible_port=${sshd.port}`;
    writeFileSync(join(dir, 'cluster.ini'), '[kube_control_plane]\nc1 ansible_host=10.9.0.1\n[kube_node]\nc1\n[etcd]\nc1\n');
    writeFileSync(join(dir, 'hosts.ini'), [1, 2, 3].map((n) => `n${n} ${place}\n`).join(''));
  });
  afterAll(async () => {
    await sshd.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** User and key are set only in ansible.cfg. */
  function config(defaults: readonly string[], escalation: readonly string[] = []): void {
    const text = ['[defaults]', 'inventory = hosts.ini', ...defaults, '[privilege_escalation]', ...escalation];
    writeFileSync(join(dir, 'ansible.cfg'), `${text.join('\n')}\n`);
  }

  async function run(...args: readonly string[]): Promise<Cli & { code: unknown }> {
    const ours = Object.entries(process.env).filter(([k]) => /^(ANSIBLE|KUBEWRIGHT)_/.test(k));
    const env = { ...Object.fromEntries(ours.map(([k]) => [k, undefined])), HOME: join(dir, 'home'), SSH_AUTH_SOCK: '' };
    const cli = new Cli(args, { cwd: dir, env });
    return Object.assign(cli, { code: await cli.ended });
  }

  it('sets the user and the key', async () => {
    config([`remote_user = ${user.name}`, 'private_key_file = keys/id']);
    const { code, out, err } = await run('exec', 'n1', '--', 'id -un');
    expect([code, out + err]).toEqual([0, expect.stringContaining(user.name)]);
    expect(sshd.log).toMatch(new RegExp(`Accepted publickey for ${user.name}`));
  });

  it('is overridden by flags', async () => {
    config(['remote_user = nobody-of-that-name', 'private_key_file = keys/none']);
    const { code, out, err } = await run('exec', '--user', other.name, '--private-key', 'keys/id', 'n1', '--', 'id -un');
    expect([code, out + err]).toEqual([0, expect.stringContaining(other.name)]);
  });

  it('sets become user and method', async () => {
    const escalation = ['become = true', 'become_method = su', `become_user = ${user.name}`];
    config(['remote_user = root', 'private_key_file = keys/id'], escalation);
    const { code, out, err } = await run('exec', 'n1', '--', 'echo "$(id -un) in the place of $(ps -o user= -p 1)"');
    expect([code, out + err]).toEqual([0, expect.stringContaining(`${user.name} in the place of root`)]);
    expect(sshd.log).toMatch(/Accepted publickey for root/);
    config(['remote_user = root', 'private_key_file = keys/id'], escalation.slice(1));
    expect((await run('exec', 'n1', '--', 'id -un')).out).toContain('root');
  });

  it('sets forks', async () => {
    const login = [`remote_user = ${user.name}`, 'private_key_file = keys/id'];
    const meet =
      'touch "$HOME/here.$$"; i=0; until [ "$(ls "$HOME"/here.* | wc -l)" -ge 3 ]; do i=$((i+1)); [ $i -lt 200 ] || exit 9; sleep 0.1; done';
    config([...login, 'forks = 3']);
    const three = await run('exec', 'all', '--', meet);
    expect([three.code, three.out + three.err]).toEqual([0, expect.anything()]);
    config([...login, 'forks = 1']);
    const alone = 'mkdir "$HOME/busy" || exit 9; sleep 0.3; rmdir "$HOME/busy"';
    const one = await run('exec', 'all', '--', alone);
    expect([one.code, one.out + one.err]).toEqual([0, expect.anything()]);
    // Without the setting they would have run at the same time.
    config(login);
    expect((await run('exec', 'all', '--', alone)).code).toBe(1);
  });

  it('sets the connection timeout', async () => {
    config([`remote_user = ${user.name}`, 'private_key_file = keys/id', 'timeout = 1']);
    process.kill(sshd.pid, 'SIGSTOP');
    try {
      const { code, out, err } = await run('exec', 'n1', '--', 'id');
      expect([code, out + err]).toEqual([3, expect.stringContaining('no answer within 1 s')]);
    } finally {
      process.kill(sshd.pid, 'SIGCONT');
    }
  });

  it('applies to ssh too', async () => {
    config([`remote_user = ${user.name}`, 'private_key_file = keys/id']);
    const { code, out, err } = await run('ssh', 'n1', '--', 'id -un');
    expect([code, out + err]).toEqual([0, expect.stringContaining(user.name)]);
  });

  it('is shown by validate and list --resolved', async () => {
    config([`remote_user = ${user.name}`, 'forks = 7']);
    const file = join(dir, 'ansible.cfg');
    const listed = await run('inventory', 'list', '--resolved', '-i', 'cluster.ini');
    const settings = [`config file: ${file}`, `  remote_user = ${user.name}  (${file}:3:1)`, `  forks = 7  (${file}:4:1)`];
    for (const line of settings) expect(listed.out.split('\n')).toContain(line);
    expect(listed.out).toContain(`${user.name}@10.9.0.1:22`);
    const validated = await run('inventory', 'validate');
    for (const line of settings) expect(validated.out.split('\n')).toContain(line);
    const { config: said } = JSON.parse((await run('inventory', 'validate', '--json')).out);
    expect(said.file).toBe(file);
    expect(said.settings.forks).toEqual({ value: 7, from: `${file}:4:1` });
    rmSync(file);
    expect((await run('inventory', 'validate', '-i', 'hosts.ini')).out).not.toContain('config file');
    expect((await run('inventory', 'list', '--resolved', '-i', 'cluster.ini')).out).toContain('config file: none\n');
  });
});
