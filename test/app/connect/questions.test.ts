import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Cli, missingForPty } from '../../support/cli.js';

const missing = missingForPty();
const dir = mkdtempSync(join(tmpdir(), 'kubewright-questions-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.skipIf(missing)(`an unanswered question${missing ? ` (${missing})` : ''}`, () => {
  const started: Cli[] = [];
  afterEach(async () => {
    for (const cli of started.splice(0)) await cli.kill();
  });

  /** The command after its first question. */
  async function asked(args: readonly string[]): Promise<Cli> {
    const cli = new Cli(args, { cwd: dir, env: { SSH_AUTH_SOCK: '' }, pty: true });
    started.push(cli);
    await cli.shows(/(password[^:]*|planes \[3\]): /);
    return cli;
  }

  const commands = [
    ['exec', 'all', '-i', 'localhost,', '--ask-pass', '--', 'true'],
    ['keys', 'distribute', '-i', 'localhost,', '--ask-pass-each'],
    ['inventory', 'generate', '--interactive', '-o', 'never'],
  ];
  const named = commands.map((args) => [args.slice(0, 2).join(' '), args] as const);

  it.each(named)('%s: Ctrl-C ends it with 130', async (_, args) => {
    const cli = await asked(args);
    cli.type('\x03');
    expect(await cli.ended).toBe(130);
    expect(cli.out).toMatch(/\r\nInterrupted\r\n$/);
  });

  it.each(named)('%s: SIGTERM does too', async (_, args) => {
    const cli = await asked(args);
    cli.signal('SIGTERM');
    expect(await cli.ended).toBe(130);
    expect(cli.out).toMatch(/\r\nInterrupted\r\n$/);
  });

  it.each(named)('%s: Ctrl-D is not an answer', async (_, args) => {
    const cli = await asked(args);
    cli.type('\x04');
    expect(await cli.ended).toBe(2);
    expect(cli.out).toMatch(/\r\n\S*error:\S* The question was not answered\r\n {2}\S*hint:/);
    expect(existsSync(join(dir, 'never'))).toBe(false);
  });
});
