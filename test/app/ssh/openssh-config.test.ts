import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { targetFromHost } from '../../../src/app/connect/targets.js';
import { openSshConfig } from '../../../src/app/ssh/openssh-config.js';
import type { Host } from '../../../src/inventory/model/model.js';

const noSsh = spawnSync('ssh', ['-V']).status === 0 ? undefined : 'needs openssh-client';
const dir = mkdtempSync(join(tmpdir(), 'kubewright-ssh-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.skipIf(noSsh)(`the configuration for OpenSSH${noSsh ? ` (${noSsh})` : ''}`, () => {
  it('passes algorithms on as written, even those that ssh2 lacks', () => {
    const source = { file: 'hosts.ini', line: 1, column: 1 };
    const args = '-o KexAlgorithms=sntrup761x25519-sha512@openssh.com,curve25519-sha256 -o Ciphers=-aes*';
    const host: Host = {
      name: 'm1',
      source,
      groups: new Set(['all']),
      vars: new Map([['ansible_ssh_common_args', { value: args, source }]]),
    };
    const path = join(dir, 'config');
    writeFileSync(path, openSshConfig(targetFromHost(host, { sshConfig: 'none' }), 'none'));
    const said = execFileSync('ssh', ['-G', '-F', path, 'm1'], { encoding: 'utf8' });
    expect(said).toMatch(/^kexalgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256$/m);
    expect(said).toMatch(/^ciphers chacha20-poly1305@openssh.com$/m);
  });
});
