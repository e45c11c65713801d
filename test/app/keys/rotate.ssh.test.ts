import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkAll, distributeAll } from '../../../src/app/keys/keys.js';
import { rotateAll } from '../../../src/app/keys/rotate-keys.js';
import { TransportError } from '../../../src/transport/errors.js';
import { SshSession } from '../../../src/transport/session/ssh-session.js';
import { KeysFleet, reason } from '../../support/fleet/keys.js';

describe.skipIf(reason)(`keys distribute --rotate${reason ? ` (${reason})` : ''}`, () => {
  const m = new KeysFleet({ count: 3 });
  const names = ['n1', 'n2', 'n3'];
  const blobs = (file = 'id_ed25519'): string[] => names.map((n) => m.read(n, `${file}.pub`).split(' ')[1] ?? '');
  const failures = async (): Promise<unknown[]> => (await checkAll(m.options())).filter((p) => p.error !== undefined);
  const everywhere = (): string => names.map((n) => m.read(n, 'authorized_keys')).join('');
  const leftovers = (): string[] => Object.keys(m.snapshot()).filter((p) => p.includes('.kw-'));
  afterEach(() => vi.restoreAllMocks());

  it('announces in a dry run, then replaces every key and removes the old ones everywhere', async () => {
    await distributeAll(m.options());
    // One that can log in to itself still can afterwards.
    m.write('n1', 'authorized_keys', `${m.read('n1', 'authorized_keys')}${m.read('n1', 'id_ed25519.pub')}`);
    const old = blobs();
    const before = m.snapshot();
    const dry = await rotateAll(m.options({ dryRun: true }));
    expect(dry.results.map((r) => r.changes.map((c) => c.kind))).toEqual([['replaced'], ['replaced'], ['replaced']]);
    expect(m.snapshot()).toEqual(before);
    const { results } = await rotateAll(m.options());
    expect(results.map((r) => r.error)).toEqual([undefined, undefined, undefined]);
    expect(results[2]?.changes.map((c) => `${c.kind} ${c.count}`)).toEqual(['authorized 2', 'replaced 1', 'unauthorized 2']);
    for (const blob of old) expect(everywhere()).not.toContain(blob);
    for (const blob of blobs()) expect(old).not.toContain(blob);
    expect(m.read('n1', 'authorized_keys')).toContain(blobs()[0]);
    expect(await failures()).toEqual([]);
    expect(leftovers()).toEqual([]);
    expect((await distributeAll(m.options())).results.flatMap((r) => r.changes)).toEqual([]);
  });

  it('locks nobody out wherever it is cut off, and finishes when it runs again', async () => {
    const old = blobs();
    // With three machines: 3 looks, 3 new pairs, 3 merges, 3 checks, 3 switches, 3 removals, 3 notes.
    for (const cut of [8, 13, 14, 17]) {
      cutAfter(cut);
      await rotateAll(m.options());
      vi.restoreAllMocks();
      expect(await failures(), `cut at ${cut}`).toEqual([]);
    }
    const { results } = await rotateAll(m.options());
    expect(results.map((r) => r.error)).toEqual([undefined, undefined, undefined]);
    for (const blob of old) expect(everywhere()).not.toContain(blob);
    expect(new Set(names.map((n) => /rotated:\S+/.exec(m.read(n, 'id_ed25519.pub'))?.[0])).size).toBe(1);
    expect(await failures()).toEqual([]);
    expect(leftovers()).toEqual([]);
  });

  it('keeps the old key of a host whose new one cannot log in everywhere', async () => {
    const old = blobs();
    m.run('n3', 'chown root:root /home/kw/.ssh/authorized_keys; chmod 600 /home/kw/.ssh/authorized_keys');
    const { results } = await rotateAll(m.options());
    expect(results.map((r) => r.error?.parts.what)).toEqual([
      'the new key cannot log in to n3, so the old one stays',
      'the new key cannot log in to n3, so the old one stays',
      expect.stringContaining('authorized_keys'),
    ]);
    expect(blobs()).toEqual(old);
    m.run('n3', 'chown kw:kw /home/kw/.ssh/authorized_keys');
    expect(await failures()).toEqual([]);
    expect((await rotateAll(m.options())).results.flatMap((r) => r.error ?? [])).toEqual([]);
    for (const blob of old) expect(everywhere()).not.toContain(blob);
  });

  it('changes the type, even if it was cut off between the files', async () => {
    const old = blobs();
    // The 13th and later are the switches: every new pair is made and known by then, and none is in its place.
    cutAfter(12);
    await rotateAll(m.options({ type: 'ecdsa' }));
    vi.restoreAllMocks();
    const note = m.read('n1', 'id_ed25519.pub').split(' ').slice(0, 2).join(' ');
    m.write('n1', 'id_ed25519.kw-old.pub', `${note}\n`);
    m.run('n1', 'cd /home/kw/.ssh; mv id_ecdsa.kw-new id_ecdsa');
    expect(await failures()).toEqual([]);
    const { results } = await rotateAll(m.options({ type: 'ecdsa' }));
    expect(results.map((r) => r.error)).toEqual([undefined, undefined, undefined]);
    for (const blob of old) expect(everywhere()).not.toContain(blob);
    expect(blobs('id_ecdsa').every((b) => b.startsWith('AAAAE2VjZHNh'))).toBe(true);
    expect(() => readFileSync(join(m.host('n1').home, '.ssh/id_ed25519'))).toThrow('ENOENT');
    expect(await failures()).toEqual([]);
    expect(leftovers()).toEqual([]);
  });
});

/** From then on nothing comes through any more, as if the operator's machine had died. What runs may still be done there. */
function cutAfter(count: number): void {
  const real = SshSession.prototype.exec;
  let calls = 0;
  vi.spyOn(SshSession.prototype, 'exec').mockImplementation(async function (this: SshSession, command, options) {
    const cause = new TransportError('lost', { what: 'The connection was lost' });
    if (++calls > count) return { kind: 'lost', cause };
    const exit = await real.call(this, command, options);
    return calls > count ? { kind: 'lost', cause } : exit;
  });
}
