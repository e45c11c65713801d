import { afterEach, describe, expect, it } from 'vitest';
import { missingForPty } from '../../support/cli.js';
import { CliFleet, GATED, reason, until } from '../../support/fleet/cli.js';
import { screenOf } from '../../support/screen/screen.js';

const missing = reason ?? missingForPty();

describe.skipIf(missing)(`how far keys is${missing ? ` (${missing})` : ''}`, { timeout: 90_000 }, () => {
  const f = new CliFleet({ count: 5, settings: [GATED] });
  afterEach(() => f.ungate());

  it('on a terminal: one line that names who is waited for, away before the message of Ctrl-C and the table', async () => {
    const n2 = f.gate('n2', 'authorized_keys');
    const cli = f.start(['keys', 'distribute'], { pty: true, env: { TERM: 'xterm' } });
    // The first line is the process id, from the keyboard itself.
    const screen = (): string[] => screenOf(cli.out.replace(/^.*\n/, ''), 160, 40).filter((l) => l !== '');
    await until('n2 puts its file in place', n2.reached, cli);
    await cli.shows('writing: 4 of 5 hosts, waiting for n2');
    expect(screen()).toEqual(['▸ writing: 4 of 5 hosts, waiting for n2']);
    await cli.shows(/waiting \d+s for n2/);
    expect(screen()).toHaveLength(1);
    cli.type('\x03');
    await cli.shows('interrupted while writing');
    expect(screen()).toEqual([
      'Interrupted: waiting for running tasks to finish. Press Ctrl-C again to stop them. Still at work: n2.',
      expect.stringMatching(/^▸ interrupted while writing, waiting (\d+s )?for n2$/),
    ]);
    n2.open();
    expect(await cli.ended).toBe(130);
    const lines = screen();
    expect(lines[0]).toMatch(/^Interrupted: /);
    // All hosts were done once n2 was.
    expect(lines.filter((l) => /, waiting|while/.test(l))).toEqual([]);
    expect(lines[1]).toMatch(/^n1 {2}made a key pair/);
    expect(lines.at(-1)).toMatch(/^5 hosts over 5 connections: 5 changed, 0 failed/);
    expect(cli.out).toMatch(/\x1b\[\?25h(?![\s\S]*\x1b\[\?25l)/);
  });

  it('without a terminal, and with --json: after 10 s a line on stderr, and stdout is what it was', async () => {
    const n2 = f.gate('n2', 'authorized_keys');
    const cli = f.start(['keys', 'distribute', '--json']);
    await cli.shows(/^writing: 4 of 5 hosts after \d+s, waiting \d+s for n2$/m);
    n2.open();
    expect(await cli.ended).toBe(0);
    expect(JSON.parse(cli.out)).toMatchObject({ schema: 1, machines: [{ host: 'n1' }, {}, {}, {}, {}] });
    expect(cli.err).not.toContain('\x1b');
    const check = await f.run(['keys', 'check', '--json'], { pty: true });
    expect(check.code).toBe(0);
    expect(check.out).not.toContain('\x1b[');
    expect(check.out).toContain('"failed":0');
  });
});
