import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/shell/secret.js';
import { Become } from '../../../src/transport/become/become.js';
import { testTarget } from '../../support/fleet/sshd.js';

/** Longer than a line that waits with a colon must stand to count as a question. */
const LONG = 350;

function become(over: object = {}) {
  const target = testTarget({
    port: 22,
    user: 'kw',
    hostKeys: { mode: 'strict', files: [] },
    become: { enabled: true, user: 'root', method: 'sudo', password: new Secret('p', 'right'), ...over },
  });
  const how = new Become(target, 'true');
  const sent: string[] = [];
  const send = (text: string): void => void sent.push(text);
  const nonce = /kw-ready-(\w+)/.exec(how.command)?.[1] ?? '';
  return {
    how,
    sent,
    begin: () => how.stdout(Buffer.from(`kw-begin-${nonce}\n`), () => undefined, send),
    out: (text: string) => how.stdout(Buffer.from(text), () => undefined, send),
    err: (text: string) => how.stderr(Buffer.from(text), send),
    prompt: `kw-password-${nonce}:`,
    ready: `kw-ready-${nonce} 7\n`,
  };
}

describe('the password of sudo', () => {
  it.each([
    ['GNU sudo', (p: string) => [p]],
    // Source: src/pam/converse.rs of sudo-rs: `[sudo: PROMPT] Password: `
    ['sudo-rs', (p: string) => [`[sudo: ${p}] Password: `]],
    ['sudo-rs over a slow line', (p: string) => ['[sudo:', ` ${p.slice(0, 9)}`, p.slice(9), '] Password:', ' ']],
  ])('is sent once to %s, however long it thinks about it', async (_name, pieces) => {
    const b = become();
    b.begin();
    for (const piece of pieces(b.prompt)) {
      b.err(piece);
      await sleep(LONG);
    }
    expect(b.sent).toEqual(['right\n']);
    expect(b.how.refused).toBe(false);
    b.out(b.ready);
    expect(b.how.ready).toBe(true);
  });

  it('is refused when it is asked for again', () => {
    const b = become();
    b.begin();
    b.err(`[sudo: ${b.prompt}] Password: `);
    b.err(`\nsudo-rs: Authentication failed, try again.\n[sudo: ${b.prompt}] Password: `);
    expect(b.sent).toEqual(['right\n', '']);
    expect(b.how.refused).toBe(true);
  });

  it('is not sent to what a start-up file prints', async () => {
    const b = become();
    b.out('Welcome to the host. News:');
    b.err('Your mail:');
    await sleep(LONG);
    expect(b.sent).toEqual([]);
    b.begin();
    b.err(b.prompt);
    await sleep(LONG);
    expect(b.sent).toEqual(['right\n']);
    expect(b.how.refused).toBe(false);
  });
});

describe('the program of become', () => {
  it.each([
    [{}, /; env LC_ALL=C sudo -H -S -p kw-password-\w+: -u root -- sh -c /],
    [{ exe: '/opt/wrap x' }, /; env LC_ALL=C \/opt\/wrap x -H -S -p /],
    [{ flags: '-E -n -H' }, /; env LC_ALL=C sudo -E -H -S -p /],
    [{ flags: '' }, /; env LC_ALL=C sudo -S -p /],
    [{ password: undefined, flags: '-E' }, /; env LC_ALL=C sudo -E -n -u root /],
    [{ method: 'su', exe: '/bin/su', flags: '-l' }, /; env LC_ALL=C \/bin\/su -l root -c /],
  ])('%j', (over, command) => {
    expect(become(over).how.command).toMatch(command);
  });
});
