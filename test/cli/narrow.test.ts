import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { Cli, missingForPty } from '../support/cli.js';

const missing = missingForPty();
const dir = mkdtempSync(join(tmpdir(), 'kubewright-narrow-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
writeFileSync(
  join(dir, 'ok.ini'),
  '[kube_control_plane]\nm1 ansible_host=10.0.0.5\n[etcd]\nm1\n[kube_node]\nw1 ansible_host=10.0.0.6\n',
);
writeFileSync(join(dir, 'bad.ini'), '[kube_control_plane]\nm1 ansible_host=10.0.0.5\n[all:vars]\nhttp_proxy=proxy:3128\n');

describe.skipIf(missing)(`a terminal of 40 columns${missing ? ` (${missing})` : ''}`, { timeout: 120_000 }, () => {
  it.each([
    [['--help'], 'CLUSTER'],
    [['provision', '--help'], 'FLAGS'],
    [['keys', 'distribute', '--help'], '--no-mesh'],
    [['versions'], 'COREDNS'],
    [['settings'], 'kube_version'],
    [['settings', 'kube_version'], 'provision refuses it'],
    [['inventory', 'show', '-i', 'ok.ini'], 'control plane'],
    [['inventory', 'validate', '-i', 'bad.ini'], 'http_proxy'],
    [['runs', 'list'], 'No runs yet'],
    [['provision', 'hosts.ini'], 'Unexpected argument'],
  ])('has room for every line of %j', async (args, wanted) => {
    const cli = new Cli(args, { cwd: dir, pty: true, env: { KW_TEST_COLUMNS: '40', KUBEWRIGHT_NAME: 'kubewright' } });
    await cli.ended;
    // The first line is the keyboard's own.
    const lines = stripVTControlCharacters(cli.out).replaceAll('\r', '').split('\n').slice(1);
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain(wanted);
    // Commands are for copying: the terminal breaks them.
    expect(lines.filter((l) => l.length > 40 && !l.startsWith('  $ '))).toEqual([]);
    expect(lines.join('\n')).not.toMatch(/bug in/);
  });
});
