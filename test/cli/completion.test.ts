import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/base/package-root.js';
import { missingForCli } from '../support/cli.js';

const dir = mkdtempSync(join(tmpdir(), 'kw-completion-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
mkdirSync(join(dir, 'bin'));
symlinkSync(join(PACKAGE_ROOT, 'bin/run.js'), join(dir, 'bin/kubewright'));
writeFileSync(join(dir, 'hosts.ini'), '[kube_control_plane]\ncp1\n[kube_node]\nw1\nw2\n');
writeFileSync(join(dir, 'book.yml'), '- hosts: all\n  tags: [base]\n  tasks:\n    - {name: t, run: "true", tags: [web]}\n');
writeFileSync(join(dir, 'cloud'), '#!/bin/sh\ntouch started\necho "{}"\n');
chmodSync(join(dir, 'cloud'), 0o755);
const run = '20260101-120000-0001';
mkdirSync(join(dir, '.kubewright/runs', run), { recursive: true });
writeFileSync(join(dir, '.kubewright/runs', run, 'events.jsonl'), '');

const env = { ...process.env, PATH: `${join(dir, 'bin')}:${process.env.PATH}`, KUBEWRIGHT_NAME: '', npm_command: '', HOME: dir };

function start(file: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: dir, env, encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

function answers(...words: string[]): string[] {
  const { status, out, err } = start('kubewright', 'completion', '--query', '--', ...words);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return out.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']));
}

// Each question starts the tool: on a busy box that adds up.
describe.skipIf(missingForCli())('completion', { timeout: 120_000 }, () => {
  it.each([
    [['prov'], ['provision']],
    [['inventory', 'va'], ['validate']],
    [['help', 'runs', 'li'], ['list']],
    [['provision', '--list-h'], ['--list-hosts']],
    [['provision', '--check', '--chec'], []],
    [['provision', '-i', ''], [':files']],
    [['provision', '--inventory', 'h'], [':files']],
    [['runs', 'list', '--journal-dir', ''], [':directories']],
    [
      ['provision', '-i', 'hosts.ini', '-l', 'w'],
      ['w1', 'w2'],
    ],
    [['provision', '-i', 'hosts.ini', '--limit', 'cp1,kube_n'], ['cp1,kube_node']],
    [
      ['provision', '-i', 'hosts.ini', '--limit=w'],
      ['--limit=w1', '--limit=w2'],
    ],
    [['exec', '-i', 'hosts.ini', 'kube_c'], ['kube_control_plane']],
    [['exec', 'all', '-i', 'hosts.ini', '--', 'ls', ''], []],
    [['run', ''], [':files']],
    [
      ['run', 'book.yml', '-t', ''],
      ['base', 'web'],
    ],
    [['provision', '--tags', 'os,etc'], ['os,etcd']],
    [
      ['runs', 'show', ''],
      ['latest', run],
    ],
    [['provision', '-e', 'kube_network_pl'], ['kube_network_plugin=']],
    [['provision', '-e', 'kube_network_plugin=cal'], ['kube_network_plugin=calico']],
    [
      ['provision', '-e', 'kubelet_fail_swap_on='],
      ['kubelet_fail_swap_on=true', 'kubelet_fail_swap_on=false'],
    ],
    [['provision', '-e', '@v'], [':files']],
    [['lab', 'snapshot', 'rest'], ['restore']],
    [
      ['keys', 'distribute', '--type', 'e'],
      ['ed25519', 'ecdsa'],
    ],
    [['settings', 'minimal_node'], ['minimal_node_memory_mb']],
    [['provision', '-i', 'nowhere.ini', '-l', ''], []],
    [['nonsense', ''], []],
  ])('of %j', (words, expected) => {
    expect(answers(...words)).toEqual(expected);
  });

  it('starts no inventory program', () => {
    expect(answers('provision', '-i', 'cloud', '-l', '')).toEqual([]);
    expect(start('ls', 'started').status).not.toBe(0);
  });

  /** What bash would offer at the end of a line. */
  function bash(line: string): string[] {
    const script = `source <(kubewright completion bash); COMP_LINE=$1 COMP_POINT=\${#1}; _kubewright_complete kubewright; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { out, err } = start('bash', '--norc', '-c', script, 'bash', line);
    expect(err).toBe('');
    return out.split('\n').filter((l) => l !== '');
  }

  it('works in bash, which replaces only what comes after = and :', () => {
    expect(bash('kubewright prov')).toEqual(['provision']);
    expect(bash('kubewright provision -i hosts.ini -l w')).toEqual(['w1', 'w2']);
    expect(bash('kubewright provision -i hosts.ini --limit=w')).toEqual(['w1', 'w2']);
    expect(bash('kubewright provision -e kube_network_plugin=cal')).toEqual(['calico']);
    // Left to readline's own completion of files (-o default).
    expect(bash('kubewright provision -i ho')).toEqual([]);
    expect(start('bash', '-c', 'source <(kubewright completion bash); complete -p kubewright').out).toContain('-o default');
  });

  it.skipIf(start('fish', '--version').status !== 0)('works in fish', () => {
    const fish = (line: string): string[] => {
      const { out, err } = start('fish', '--no-config', '-c', `kubewright completion fish | source; complete -C '${line}'`);
      expect(err).toBe('');
      return out.split('\n').flatMap((l) => (l === '' ? [] : [l.split('\t')[0] ?? '']));
    };
    expect(fish('kubewright prov')).toEqual(['provision']);
    expect(fish('kubewright provision -i ho')).toEqual(['hosts.ini']);
    expect(fish('kubewright provision -i hosts.ini -l w')).toEqual(['w1', 'w2']);
    expect(fish('kubewright provision -i hosts.ini --limit=w')).toEqual(['--limit=w1', '--limit=w2']);
  });

  it.skipIf(start('zsh', '--version').status !== 0)('can be read by zsh', () => {
    const { status, err } = start(
      'zsh',
      '-f',
      '-c',
      'source <(kubewright completion zsh) && whence -w _kubewright_complete && print $_comps[kubewright]',
    );
    expect({ status, err }).toEqual({ status: 0, err: '' });
  });

  it('takes the shell of SHELL, and refuses others', () => {
    expect(start('env', 'SHELL=/bin/fish', 'kubewright', 'completion').out).toContain('complete -c kubewright');
    const { status, err } = start('env', 'SHELL=/bin/ksh', 'kubewright', 'completion');
    expect({ status, err }).toEqual({
      status: 2,
      err: 'error: No shell was named\n  hint: Write kubewright completion bash|zsh|fish\n',
    });
  });
});
