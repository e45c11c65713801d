import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatLabelled } from '../../src/base/text/render-error.js';
import { asCalled, noteCall, toolName } from '../../src/base/text/tool-name.js';
import { meant } from '../../src/cli/meant.js';
import { Cli, missingForCli } from '../support/cli.js';

const dir = mkdtempSync(join(tmpdir(), 'kw-words-'));
writeFileSync(join(dir, 'hosts.ini'), 'm1\n');
mkdirSync(join(dir, 'inv'));
writeFileSync(join(dir, 'book.yml'), '- hosts: all\n  tasks: []\n');
writeFileSync(join(dir, 'hosts.yml'), 'all:\n  hosts:\n    m1:\n');
writeFileSync(join(dir, 'grouped.ini'), '[web]\nm1\n');
writeFileSync(join(dir, 'admin.yml'), 'apiVersion: v1\nkind: Config\nclusters: []\n');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function kubewright(...args: string[]): Promise<{ code: unknown; out: string; err: string }> {
  const cli = new Cli(args, { cwd: dir });
  const code = await cli.ended;
  return { code, out: cli.out, err: cli.err };
}

describe.skipIf(missingForCli())('what newcomers type first', () => {
  it.each([
    [['provision', 'hosts.ini'], 'Write kubewright provision -i hosts.ini'],
    [['provision', 'inv'], 'Write kubewright provision -i inv'],
    [['provision', 'm1,m2'], 'Write kubewright provision -i m1,m2'],
    [['inventory', 'validate', 'mine/hosts.yml'], 'Write kubewright inventory validate -i mine/hosts.yml'],
    [['keys', 'distribute', 'hosts.ini', '--ask-pass'], 'Write kubewright keys distribute -i hosts.ini'],
    [['site.yml', '-i', 'hosts.ini'], 'Write kubewright run site.yml -i INVENTORY'],
    [['-i', 'hosts.ini', 'provision'], 'Write kubewright provision -i hosts.ini'],
    [['-i', 'hosts.ini', 'inventory', 'show'], 'Write kubewright inventory show -i hosts.ini'],
    [['provision', '--chekc'], 'Unknown flag "--chekc". Did you mean "--check"?'],
    [['lab', 'destroy'], 'Unknown command "lab destroy". Did you mean "lab down"?'],
    [['validate'], 'Unknown command "validate". Did you mean "inventory validate"?'],
    [['valdate', '-i', 'hosts.ini'], 'Unknown command "valdate". Did you mean "inventory validate"?'],
    [['versoin'], 'Unknown command "versoin". Did you mean "version'],
    [['scale'], 'Unknown command "scale". Did you mean "provision"?'],
    [['remove-node', 'w1'], 'Unknown command "remove-node". Did you mean "remove"?'],
    [['backup'], 'Unknown command "backup". Did you mean "etcd snapshot"?'],
    [['restore', 'x.db'], 'Unknown command "restore". Did you mean "etcd restore"?'],
    [['deploy', '-i', 'hosts.ini'], 'Unknown command "deploy". Did you mean "provision"?'],
    [
      ['run', 'book.yml', '-i', 'book.yml'],
      'book.yml:1:1: This is a playbook, not an inventory\n  hint: Give the inventory with -i',
    ],
    [['provision', '-i', 'book.yml'], 'book.yml:1:1: This is a playbook, not an inventory\n'],
    [['run', 'hosts.yml', '-i', 'book.yml'], 'hosts.yml: This is an inventory, not a playbook\n  hint: Write the playbook first'],
    [['run', 'grouped.ini'], 'grouped.ini: This is an inventory, not a playbook\n'],
    [['provision', '-i', 'admin.yml'], 'admin.yml:1:1: This is a Config of Kubernetes, not an inventory\n'],
    [['runs', 'show'], '.kubewright/runs: There are no runs here yet\n  why:  Runs are kept per directory'],
    [['runs', 'report', 'a1b2'], '.kubewright/runs: There are no runs here yet\n'],
    [['provision', 'now'], 'Unexpected argument "now"\n  hint: Run kubewright provision --help'],
    [['lab', 'up', '3'], 'Unexpected argument "3"\n  hint: Run kubewright lab up --help'],
  ])('%j is answered with what was meant', async (args, expected) => {
    const { code, out, err } = await kubewright(...args);
    expect(err).toContain(expected);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it.each(['-v', '-V', 'version'])('%s prints the version', async (word) => {
    expect(await kubewright(word)).toEqual(await kubewright('--version'));
  });

  it('-h is --help, also behind a command', async () => {
    expect(await kubewright('-h')).toEqual(await kubewright('--help'));
    expect(await kubewright('provision', '-h')).toEqual(await kubewright('provision', '--help'));
  });

  it('says how it was called', async () => {
    const cli = new Cli(['provision', 'hosts.ini'], { cwd: dir, env: { KUBEWRIGHT_NAME: '' } });
    await cli.ended;
    expect(cli.err).toMatch(/hint: Write node \S*bin\/run\.js provision -i hosts\.ini\n/);
  });
});

describe('a wrong command', () => {
  const NAMES = [
    'bundle show',
    'inventory list',
    'lab down',
    'lab stop',
    'lab up',
    'provision',
    'reset',
    'runs list',
    'versions',
  ];
  it.each([
    ['destroy', ['lab down', 'reset']],
    ['backup', ['etcd snapshot']],
    ['lab stpo', ['lab stop']],
    ['lab destroy', ['lab down']],
    ['list', ['inventory list', 'runs list']],
    ['ansible-vault', []],
    ['rset', ['reset']],
  ])('%s', (word, expected) => {
    expect(meant(word, NAMES)).toEqual(expected);
  });
});

describe('the name of the tool', () => {
  const cases: [string, string, NodeJS.ProcessEnv, string][] = [
    ['from a checkout', '/src/kw/bin/run.js', {}, 'node bin/run.js'],
    ['from beside a checkout', '/src/other/bin/run.js', {}, 'node ../other/bin/run.js'],
    ['from far away', '/opt/k/bin/run.js', {}, 'node /opt/k/bin/run.js'],
    ['on the PATH', '/usr/bin/kubewright', { PATH: '/bin:/usr/bin' }, 'kubewright'],
    ['under another name', '/usr/bin/kw', { PATH: '/bin:/usr/bin' }, 'kw'],
    ['in a project', '/src/kw/node_modules/.bin/kubewright', { PATH: '/bin' }, 'node_modules/.bin/kubewright'],
    ['in this directory', '/src/kw/kubewright', { PATH: '/bin' }, './kubewright'],
    [
      'by npx',
      '/src/kw/node_modules/.bin/kubewright',
      { npm_command: 'exec', PATH: '/src/kw/node_modules/.bin' },
      'npx kubewright',
    ],
    ['by a wrapper', '/src/kw/bin/run.js', { KUBEWRIGHT_NAME: 'docker run kw' }, 'docker run kw'],
  ];
  it.each(cases)('%s', (_, script, env, expected) => {
    noteCall(script, env, '/src/kw');
    expect(toolName()).toBe(expected);
    expect(formatLabelled('error', { what: 'x', fix: 'Run kubewright runs list, or `kubewright --help`' })).toBe(
      `error: x\n  hint: Run ${expected} runs list, or \`${expected} --help\``,
    );
    for (const kept of ['DEBUG=kubewright and', '/run/kubewright lock', 'a bug in kubewright, not', 'kubewright 0.1.0'])
      expect(asCalled(kept)).toBe(kept);
    noteCall(undefined, {}, '/');
  });
});
