import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkAll, distributeAll } from '../../../src/app/keys/keys.js';
import type { KeyResult } from '../../../src/app/keys/model/model.js';
import { revokeAll } from '../../../src/app/keys/revoke-keys.js';
import { rotateAll } from '../../../src/app/keys/rotate-keys.js';
import { KeysFleet, reason } from '../../support/fleet/keys.js';

/** What a machine's sessions find in their PATH, and what makes it. */
const SHELLS = {
  dash: { path: '/home/bin:/usr/bin', make: 'ln -s "$(command -v dash)" /home/bin/sh' },
  bash: { path: '/home/bin:/usr/bin', make: 'ln -s "$(command -v bash)" /home/bin/sh' },
  // Nothing of GNU: busybox, and what belongs to OpenSSH.
  busybox: {
    path: '/home/bin',
    make: `for a in $(busybox --list); do ln -s "$(command -v busybox)" /home/bin/$a; done
      ln -s /usr/bin/ssh /usr/bin/ssh-keygen /home/bin/`,
  },
} as const;
const NAMES = ['n1', 'n2', 'n3'];
const summary = (results: readonly KeyResult[]): unknown[] =>
  results.map((r) => [r.host, r.error?.parts.what, r.changes.map((c) => `${c.kind} ${c.count}`)]);

describe.each(['dash', 'bash', 'busybox'] as const)('the programs of keys run by %s', { timeout: 60_000 }, (shell) => {
  const lacking = reason ?? (spawnSync('sh', ['-c', `command -v ${shell}`]).status === 0 ? undefined : `needs ${shell}`);

  describe.skipIf(lacking)(lacking ? `(${lacking})` : 'and its tools', () => {
    const m = new KeysFleet({
      count: 3,
      settings: [`SetEnv PATH=${SHELLS[shell].path}`],
      setup: `[ -d /home/bin ] || { mkdir -m 755 /home/bin; ${SHELLS[shell].make}; }`,
    });
    const publicKey = (name: string): string => m.read(name, 'id_ed25519.pub').split(' ').slice(0, 2).join(' ');
    const failures = async (): Promise<unknown[]> => (await checkAll(m.options())).filter((p) => p.error !== undefined);

    it('is what runs', () => {
      const { address, port } = m.host('n1');
      // The same way as the programs: sshd calls the login shell with this one word.
      const options = ['StrictHostKeyChecking=no', `UserKnownHostsFile=${m.operatorHome}/none`, 'LogLevel=ERROR'];
      const key = `${m.operatorHome}/probe`;
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
      m.write('n1', 'authorized_keys', readFileSync(`${key}.pub`, 'utf8'));
      const args = ['-F', 'none', '-i', key, '-p', String(port), ...options.flatMap((o) => ['-o', o]), `kw@${address}`, 'sh'];
      const said = execFileSync('ssh', args, {
        input: 'readlink /proc/$$/exe; command -v awk; readlink -f "$(command -v sed)"\n',
        encoding: 'utf8',
      });
      const tool = shell === 'busybox' ? shell : 'sed';
      expect(
        said
          .trim()
          .split('\n')
          .map((l) => l.split('/').at(-1)),
      ).toEqual([shell, 'awk', tool]);
      m.run('n1', 'rm -r /home/kw/.ssh');
    });

    it('makes the mesh; again: no change', async () => {
      const dry = await distributeAll(m.options({ dryRun: true }));
      const { results } = await distributeAll(m.options());
      expect(summary(results)).toEqual(NAMES.map((n) => [n, undefined, ['made 1', 'authorized 3', 'known 4']]));
      // The operator's key is not there yet, and so not counted.
      expect(summary(dry.results)).toEqual(NAMES.map((n) => [n, undefined, ['made 1', 'authorized 2', 'known 4']]));
      expect(await failures()).toEqual([]);
      const before = m.snapshot();
      expect((await distributeAll(m.options())).results.flatMap((r) => r.changes)).toEqual([]);
      expect(m.snapshot()).toEqual(before);
    });

    it('check asks again after a pause where sshd has dropped a connection', async () => {
      const drop =
        '[ -e /home/kw/dropped ] || { : > /home/kw/dropped; echo "kex_exchange_identification: dropped" >&2; exit 255; }';
      m.run(
        'n1',
        'mv /home/bin/ssh /home/bin/real 2>/dev/null; cat > /home/bin/ssh; chmod 755 /home/bin/ssh',
        `#!/bin/sh\n${drop}\nexec /usr/bin/ssh "$@"\n`,
      );
      expect(await failures()).toEqual([]);
      expect(m.run('n1', 'ls /home/kw')).toBe('dropped\n');
      m.run('n1', 'rm /home/bin/ssh; mv /home/bin/real /home/bin/ssh 2>/dev/null || :');
    });

    it('keeps what is there byte for byte, and mends modes', async () => {
      const keys = [
        `# ${publicKey('n2')} commented out\r\n`,
        `cert-authority ${publicKey('n2')}\r\n`,
        `from="127.0.0.0/8",command="echo \\"${publicKey('n2')} x\\"" ssh-ed25519 AAAAmine\t me@h\u00f6me \n`,
        '\n   \t\n',
        `  no-pty,from="127.0.0.0/8" ${publicKey('n3')}\tanother comment\r\n`,
        'ssh-ed25519 AAAAlast no newline at the end',
      ].join('');
      const known = `# c\u00f6mment\n|1|c2FsdHNhbHQ=|aGFzaGhhc2g= ssh-ed25519 AAAAhashed\r\n@revoked * ssh-ed25519 AAAArevoked\nother ssh-ed25519 AAAAother`;
      m.write('n1', 'authorized_keys', keys, '664');
      m.write('n1', 'known_hosts', known, '644');
      m.run('n1', 'chmod 775 /home/kw; chmod 755 /home/kw/.ssh; chmod 644 /home/kw/.ssh/id_ed25519');
      const { results } = await distributeAll(m.options());
      expect(summary(results)[0]).toEqual(['n1', undefined, ['mode 1', 'mode 1', 'mode 1', 'authorized 2', 'known 4']]);
      const added = m.read('n1', 'authorized_keys').slice(keys.length);
      expect(m.read('n1', 'authorized_keys').startsWith(`${keys}\n`)).toBe(true);
      expect(added.trim().split('\n')).toEqual([
        expect.stringMatching(/^ssh-ed25519 /),
        `${publicKey('n2')} kw@n2 kubewright:n2`,
      ]);
      expect(m.read('n1', 'known_hosts').startsWith(`${known}\n[n2]:`)).toBe(true);
      expect(['', '.ssh', '.ssh/authorized_keys', '.ssh/id_ed25519'].map((f) => m.mode('n1', f))).toEqual([
        '755',
        '700',
        '600',
        '600',
      ]);
      expect((await distributeAll(m.options())).results.flatMap((r) => r.changes)).toEqual([]);
    });

    it('rotates', async () => {
      const old = NAMES.map(publicKey);
      const { results } = await rotateAll(m.options());
      expect(results.map((r) => r.error?.parts)).toEqual([undefined, undefined, undefined]);
      for (const key of old) for (const n of ['n2', 'n3']) expect(m.read(n, 'authorized_keys')).not.toContain(key);
      expect(await failures()).toEqual([]);
      expect(m.halfWritten()).toEqual([]);
    });

    it('takes a host out, also where names are hashed or beside others', async () => {
      const blob =
        m
          .read('n1', 'known_hosts')
          .split('\n')
          .find((l) => l.startsWith('[n2]'))
          ?.split(' ')[2] ?? '';
      const rest = m
        .read('n2', 'known_hosts')
        .split('\n')
        .filter((l) => !l.startsWith('[n3]'));
      m.write('n2', 'known_hosts', `${m.read('n2', 'known_hosts')}stays,n3 ssh-ed25519 ${blob} c\r\n`);
      m.run('n2', `cd /home/kw/.ssh; echo "n3 ssh-ed25519 ${blob}" > h; ssh-keygen -q -H -f h; cat h >> known_hosts; rm h h.old`);
      const { results, stillThere } = await revokeAll({ ...m.options(), revoke: ['n3'] });
      expect(results.map((r) => [r.host, r.error?.parts])).toEqual([
        ['n1', undefined],
        ['n2', undefined],
      ]);
      expect(stillThere).toEqual(['n3']);
      expect(m.read('n2', 'known_hosts').trim().split('\n')).toEqual([
        ...rest.filter((l) => l !== ''),
        `stays ssh-ed25519 ${blob} c`,
      ]);
      for (const n of ['n1', 'n2']) expect(m.read(n, 'authorized_keys')).not.toContain(publicKey('n3'));
      expect(m.halfWritten()).toEqual([]);
    });

    it('a full disk leaves the old file', async () => {
      const old = m.read('n2', 'authorized_keys');
      m.run(
        'n2',
        'cp -a /home/kw/.ssh /root/ssh; mount -t tmpfs -o size=64k,mode=755 tmpfs /home/kw; cp -a /root/ssh /home/kw/.ssh; chown kw:kw /home/kw; dd if=/dev/zero of=/home/kw/fill bs=4096 2>/dev/null || :',
      );
      const { results } = await distributeAll(m.options());
      expect(results.map((r) => r.error !== undefined)).toEqual([false, true, false]);
      expect(results[1]?.error?.parts.what).toMatch(/No space left on device|could not be written whole/);
      expect(m.run('n2', 'cat /home/kw/.ssh/authorized_keys')).toBe(old);
      expect(m.run('n2', 'find /home/kw/.ssh -name "*.kw-*"')).toBe('');
    });
  });
});
