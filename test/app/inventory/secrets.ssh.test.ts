import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../../src/base/package-root.js';
import { CliFleet, reason, until } from '../../support/fleet/cli.js';

/** Of test/fixtures/vault/whole-1.1.yml, which ansible-vault made with `first-pass`. */
const VAULTED = 'hunter2';
/** A plain value of the inventory. */
const SUDO = 'Sudo-4-Everybody';
const OTHERS_SUDO = 'Another-hosts-password';
const FROM_ENV = 'From-the-environment';

describe.skipIf(reason)(`secrets of an inventory${reason ? ` (${reason})` : ''}`, { timeout: 60_000 }, () => {
  const f = new CliFleet({ count: 1 });
  const secret = (): string[] => [SUDO, OTHERS_SUDO, FROM_ENV, VAULTED];
  let args: string[] = [];

  beforeAll(() => {
    const folder = join(f.home, 'inventory');
    mkdirSync(join(folder, 'group_vars', 'all'), { recursive: true });
    const [host] = f.fleet.hosts;
    if (!host) throw new Error('no machine');
    writeFileSync(
      join(folder, 'hosts.ini'),
      `${readFileSync(f.fleet.inventoryPath, 'utf8')}
[away]
elsewhere ansible_host=192.0.2.1 ansible_become_password=${OTHERS_SUDO}
`,
    );
    copyFileSync(join(PACKAGE_ROOT, 'test/fixtures/vault/whole-1.1.yml'), join(folder, 'group_vars', 'all', 'vault.yml'));
    writeFileSync(join(folder, 'group_vars', 'all', 'more.yml'), `ansible_become_password: ${SUDO}\n`);
    const password = f.file('vault-pass', 'first-pass\n');
    args = ['-i', join(folder, 'hosts.ini'), '--vault-password-file', password];
  });

  /** The host gets all of them; a task prints them, in its output and when it fails. */
  function playbook(gate = ''): string {
    writeFileSync(f.root('n1', 'known'), `${secret().join('\n')}\n`);
    return f.file(
      'tell.yml',
      `- hosts: n1
  tasks:
    - name: Tell
      run: |
        echo begin >> /root/told
        ${gate}
        while read -r x; do echo "known: <$x>"; done < /root/known
    - { name: Use, run: "echo used: {{ ansible_become_password }}" }
    - { name: Vaulted, run: "echo used: {{ vault_password }}; cat /root/known" }
    - { name: Fail, run: 'cat /root/known >&2; exit 3' }
`,
    );
  }
  function leaks(text: string): string[] {
    return secret().filter((s) => text.includes(s));
  }

  it('are masked in terminal, events, journal, log and report', async () => {
    const env = { KUBEWRIGHT_KEY_PASSPHRASE: FROM_ENV };
    const plain = await f.run(['run', playbook(), ...args, '--plain', '-v2'], { env });
    expect(plain.code).toBe(1);
    expect(plain.out.match(/known: <\*\*\*>/g)).toHaveLength(secret().length);
    expect(plain.out).toContain('used: ***');
    const json = await f.run(['run', playbook(), ...args, '--json'], { env });
    const report = await f.run(['runs', 'report', 'latest', '--output', '-']);
    const show = await f.run(['runs', 'show', 'latest']);
    for (const shown of [plain, json, report, show]) {
      expect(shown.out.length).toBeGreaterThan(100);
      expect(leaks(shown.out + shown.err)).toEqual([]);
    }
    expect(report.out).toContain('***');
    const dirs = readdirSync(f.journals);
    expect(dirs.length).toBeGreaterThan(1);
    expect(f.everything()).toContain('known: <***>');
    expect(leaks(f.everything())).toEqual([]);
  });

  it('are masked when runs attach follows the tasks of a dead controller', async () => {
    writeFileSync(f.root('n1', 'told'), '');
    const cli = f.start(['run', playbook('while [ ! -e /root/go ]; do sleep 0.1; done'), ...args, '--plain', '-v2']);
    await until('it has begun', () => f.read('n1', 'told') !== '', cli);
    cli.signal('SIGKILL');
    await cli.ended;
    const attach = f.start(['runs', 'attach', f.runs().at(-1) ?? '', ...args, '--plain', '-v2'], {
      env: { KUBEWRIGHT_KEY_PASSPHRASE: FROM_ENV },
    });
    await attach.shows('has left a program running here');
    writeFileSync(f.root('n1', 'go'), '');
    expect(await attach.ended).toBe(1);
    expect(attach.out).toContain('known: <***>');
    expect(leaks(attach.out + attach.err + f.everything())).toEqual([]);
  });
});
