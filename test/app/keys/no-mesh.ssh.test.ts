import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { distributeAll } from '../../../src/app/keys/keys.js';
import { offerKey } from '../../../src/app/keys/offer.js';
import { KeysFleet, reason } from '../../support/fleet/keys.js';

const stdin = Object.getOwnPropertyDescriptor(process, 'stdin');
const stderrTTY = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');

describe.skipIf(reason)(`your own key alone${reason ? ` (${reason})` : ''}`, { timeout: 300_000 }, () => {
  const m = new KeysFleet({ count: 2 });
  afterEach(() => {
    if (stdin) Object.defineProperty(process, 'stdin', stdin);
    Object.defineProperty(process.stderr, 'isTTY', stderrTTY ?? { value: undefined, configurable: true });
    for (const { name } of m.fleet.hosts) m.run(name, 'rm -rf /home/kw/.ssh');
  });
  const files = (name: string): string => m.run(name, 'ls /home/kw/.ssh 2>/dev/null || true').trim();

  /** A person at a keyboard who gives this answer. */
  function answers(text: string): void {
    const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
    Object.defineProperty(process, 'stdin', { value: keyboard, configurable: true });
    Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
    keyboard.write(`${text}\n`);
  }

  it('is what the hosts get with --no-mesh: no pairs, no known hosts; it logs in', async () => {
    const { results } = await distributeAll(m.options({ mesh: false }));
    expect(results.map((r) => [r.host, r.error?.parts.what, r.changes.map((c) => c.kind)])).toEqual([
      ['n1', undefined, ['authorized']],
      ['n2', undefined, ['authorized']],
    ]);
    for (const { name } of m.fleet.hosts) expect(files(name)).toBe('authorized_keys');
    expect(existsSync(join(m.operatorHome, '.ssh/id_ed25519'))).toBe(true);
    expect(m.read('n1', 'authorized_keys').trim().split('\n')).toHaveLength(1);
  });

  it('is offered for hosts that know only a password, and given to these on y alone', async () => {
    await offerKey(m.options(), ['n2']);
    expect(files('n2')).toBe('');
    answers('n');
    await offerKey(m.options(), ['n2']);
    expect(files('n2')).toBe('');
    answers('y');
    await offerKey(m.options(), ['n2']);
    expect(files('n2')).toBe('authorized_keys');
    expect(files('n1')).toBe('');
  });
});
