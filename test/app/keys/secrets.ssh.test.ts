import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkAll, distributeAll } from '../../../src/app/keys/keys.js';
import { resultsJson } from '../../../src/app/keys/report/report.js';
import { revokeAll } from '../../../src/app/keys/revoke-keys.js';
import { rotateAll } from '../../../src/app/keys/rotate-keys.js';
import { KeysFleet, reason } from '../../support/fleet/keys.js';
import { missingForSudo } from '../../support/fleet/sshd.js';

const missing = reason ?? missingForSudo();

/** sudo asks for a password here, so that there is one more to give away. */
describe.skipIf(missing)(`secrets while keys are distributed${missing ? ` (${missing})` : ''}`, () => {
  const m = new KeysFleet({ count: 3, sudo: 'password' });
  /** Everything that `ps` and /proc showed on the machines, once each. */
  const seen = new Set<string>();
  let timer: NodeJS.Timeout;
  beforeAll(() => {
    process.env.KUBEWRIGHT_BECOME_PASSWORD = m.fleet.password;
    timer = setInterval(() => {
      for (const text of processes(m.fleet.pids())) seen.add(text);
    }, 2);
  });
  afterAll(() => {
    clearInterval(timer);
    delete process.env.KUBEWRIGHT_BECOME_PASSWORD;
  });

  it('shows no password and no private key in any process, file or result', async () => {
    const results = [
      ...(await distributeAll(m.options())).results,
      ...(await distributeAll(m.options({ account: 'root' }))).results,
      ...(await rotateAll(m.options({ account: 'root' }))).results,
      ...(await revokeAll({ ...m.options({ account: 'root' }), revoke: ['n3'] })).results,
    ];
    await checkAll(m.options());
    expect(results.flatMap((r) => r.error ?? [])).toEqual([]);
    // The looks were not in vain.
    const all = [...seen].join('\n');
    for (const word of ['sudo', 'ssh-keygen', 'BatchMode=yes', 'SSH_CONNECTION=']) expect(all).toContain(word);

    const files = filesOf([m.operatorHome, ...m.fleet.hosts.flatMap((h) => [join(h.dir, 'home'), join(h.dir, 'root')])]);
    const privateKeys = files.filter((f) => f.text.includes('PRIVATE KEY'));
    expect(privateKeys.map((f) => f.path.replace(`${m.fleet.dir}/`, ''))).toEqual([
      'operator/.ssh/id_ed25519',
      ...['n1', 'n2', 'n3'].flatMap((n) => [`${n}/home/kw/.ssh/id_ed25519`, `${n}/root/.ssh/id_ed25519`]),
    ]);
    // Each of them lies in one file alone, and has never been anywhere else.
    const secrets = [m.fleet.password, ...privateKeys.map((f) => f.text.split('\n').slice(3, -2).join('\n'))];
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(8);
      expect(files.filter((f) => f.text.includes(secret)).length).toBe(secret === m.fleet.password ? 0 : 1);
      for (const line of secret.split('\n')) expect(all.includes(line)).toBe(false);
      expect(resultsJson(results, { dry: false })).not.toContain(secret);
      for (const { name } of m.fleet.hosts) expect(m.fleet.log(name)).not.toContain(secret);
    }
  });
});

/** Command line and environment of every process below those. */
function processes(roots: readonly number[]): string[] {
  const texts: string[] = [];
  const visit = (pid: number): void => {
    for (const file of ['cmdline', 'environ']) {
      try {
        texts.push(readFileSync(`/proc/${pid}/${file}`, 'latin1').replaceAll('\0', '\n'));
      } catch {
        // It has ended.
      }
    }
    try {
      for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' '))
        if (child.trim()) visit(Number(child));
    } catch {
      // Likewise.
    }
  };
  for (const root of roots) visit(root);
  return texts;
}

function filesOf(folders: readonly string[]): { readonly path: string; readonly text: string }[] {
  return folders.flatMap((d) =>
    readdirSync(d, { recursive: true, encoding: 'utf8' })
      .map((f) => join(d, f))
      .filter((p) => statSync(p).isFile())
      .map((path) => ({ path, text: readFileSync(path, 'latin1') })),
  );
}
