import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Cli, missingForCli } from '../../support/cli.js';

const dir = mkdtempSync(join(tmpdir(), 'kw-no-answer-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.skipIf(missingForCli())('keys distribute', () => {
  it('makes no key pair of the operator where no host answers', async () => {
    mkdirSync(join(dir, 'home'));
    writeFileSync(join(dir, 'hosts.ini'), 'm1 ansible_host=127.0.0.1 ansible_port=1 ansible_user=x\n');
    const cli = new Cli(['keys', 'distribute', '-i', 'hosts.ini'], {
      cwd: dir,
      env: { HOME: join(dir, 'home'), SSH_AUTH_SOCK: '' },
    });
    expect(await cli.ended).toBe(3);
    expect(cli.out + cli.err).not.toContain('key pair of your own');
    expect(existsSync(join(dir, 'home/.ssh/id_ed25519'))).toBe(false);
  });
});
