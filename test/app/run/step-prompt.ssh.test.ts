import { rmSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Cli, missingForPty } from '../../support/cli.js';
import { CliFleet, reason as noFleet } from '../../support/fleet/cli.js';

const reason = noFleet ?? missingForPty();

describe.skipIf(reason)(`run --step${reason ? ` (${reason})` : ''}`, { timeout: 60_000 }, () => {
  const f = new CliFleet({ count: 1 });
  let playbook = '';

  beforeEach(() => {
    playbook = f.file(
      'steps.yml',
      `- name: First
  hosts: all
  tasks:
    - { name: One, run: echo one >> /root/ran }
    - { name: Two, run: echo two >> /root/ran }
    - { name: Three, run: echo three >> /root/ran }
- { name: Second, hosts: all, tasks: [{ name: Four, run: echo four >> /root/ran }] }
- { name: Third, hosts: all, tasks: [{ name: Five, run: echo five >> /root/ran }] }
`,
    );
    rmSync(f.root('n1', 'ran'), { force: true });
  });

  /** Types an answer once the question is shown. */
  async function answer(cli: Cli, question: string, text: string): Promise<void> {
    const at = cli.out.length;
    await cli.shows(`${question} on n1? (y)es, (n)o, (c)ontinue without asking: `, from.get(cli) ?? 0);
    from.set(cli, Math.max(at, cli.out.lastIndexOf(question) + question.length));
    cli.type(text);
  }
  const from = new Map<Cli, number>();
  const step = (): Cli => f.start(['run', playbook, '--step'], { pty: true });
  const end = (): unknown => f.journal(f.runs().at(-1) ?? '').end;

  it('runs on y, skips on n, and asks again after an invalid answer', async () => {
    const cli = step();
    await answer(cli, 'PLAY First', 'y\r');
    await answer(cli, 'One [one]', 'YES\r');
    await answer(cli, 'Two [two]', 'n\r');
    await answer(cli, 'Three [three]', 'perhaps\r');
    await answer(cli, 'Three [three]', 'yesterday\r');
    await answer(cli, 'Three [three]', 'y\r');
    await answer(cli, 'PLAY Second', '\r');
    await answer(cli, 'PLAY Third', 'y\r');
    await answer(cli, 'Five [five]', 'y\r');
    expect(await cli.ended).toBe(0);
    expect(f.read('n1', 'ran')).toBe('one\nthree\nfive\n');
    expect(cli.out).not.toContain('Four');
    expect(cli.out).toMatch(/n1 +: ok=0 +changed=3 +failed=0/);
    expect(f.left('n1')).toBe('');
  });

  it('stops asking after c', async () => {
    const cli = step();
    await answer(cli, 'PLAY First', 'y\r');
    await answer(cli, 'One [one]', 'n\r');
    await answer(cli, 'Two [two]', 'c\r');
    expect(await cli.ended).toBe(0);
    expect(f.read('n1', 'ran')).toBe('two\nthree\nfour\nfive\n');
    expect(cli.out).not.toContain('PLAY Second on');
  });

  it.each([
    ['Ctrl-C', '\x03'],
    ['the end of input', '\x04'],
  ])('%s at a question interrupts the run', async (_, key) => {
    const cli = step();
    await answer(cli, 'PLAY First', 'y\r');
    await answer(cli, 'One [one]', 'y\r');
    await answer(cli, 'Two [two]', key);
    expect(await cli.ended).toBe(130);
    expect(f.read('n1', 'ran')).toBe('one\n');
    expect(cli.out).toMatch(/n1 +: ok=0 +changed=1 +failed=0/);
    expect(end()).toMatchObject({ exitCode: 130 });
    expect(f.left('n1')).toBe('');
  });

  it('SIGTERM at a question does too', async () => {
    const cli = step();
    await cli.shows('PLAY First on n1?');
    cli.signal('SIGTERM');
    expect(await cli.ended).toBe(130);
    expect(f.read('n1', 'ran')).toBe('');
    expect(f.left('n1')).toBe('');
  });

  it('is refused without a terminal', async () => {
    const cli = await f.run(['run', playbook, '--step']);
    expect(cli.code).toBe(2);
    expect(cli.err).toContain('--step asks before each task and needs a terminal');
    expect(f.read('n1', 'ran')).toBe('');
  });
});
