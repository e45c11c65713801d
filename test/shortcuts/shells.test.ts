import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { shellScript } from '../../src/shortcuts/shells.js';
import { StandIn } from './stand-in.js';

const standIn = new StandIn();
afterAll(() => standIn.remove());
const missing = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status !== 0;

/** Lines behind the script, in a shell without the user's own start-up files. */
function inShell(shell: 'bash' | 'zsh' | 'fish', lines: string, before = '') {
  const file = join(standIn.dir, `shell.${shell}`);
  writeFileSync(file, shellScript(shell));
  const bare = { bash: ['--norc', '-O', 'expand_aliases'], zsh: ['-f'], fish: ['--no-config'] }[shell];
  return standIn.run(shell, [...bare, '-c', `${before}\n. ${file}\n${lines}`]);
}

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
  describe.skipIf(missing(shell))('is installed', () => {
    it('says nothing when it is loaded, and twice changes nothing', () => {
      expect(inShell(shell, `. ${standIn.dir}/shell.${shell}\nkgp web`)).toMatchObject({ status: 0, out: '', err: '' });
    });

    it('passes words on as they are', () => {
      const { out } = inShell(shell, `kg --print 'a b' "it's"`);
      expect(out).toBe(`kubectl get 'a b' 'it'\\''s'\n`);
    });

    it('has all the short commands', () => {
      const names = 'k kg ka kc ks ke kgw kgp kgpww kgpws kee keq kl kdp'.split(' ');
      expect(inShell(shell, names.map((n) => `type ${n} > /dev/null || echo ${n}`).join('\n')).out).toBe('');
      const { calls } = inShell(shell, 'kgp\nkgpws\nkl web 1\nkdp web 2\nkeq web 1\nkee 2');
      expect(calls.filter((c) => !c.includes('--request-timeout'))).toEqual([
        'get pods',
        'get pods -A -o wide --sort-by=.spec.nodeName',
        'logs -n web shop-1',
        'describe pod -n web shop-2',
        'exec -i -n web shop-1 -- sh',
        'exec -i shop-2 -- bash',
      ]);
    });

    it('leaves what has such a name already', () => {
      const mine = shell === 'fish' ? 'function kl; echo mine; end' : 'kl() { echo mine; }';
      expect(inShell(shell, 'kl', mine).out).toBe('mine\n');
    });

    it('exits as kubectl does', () => {
      expect(inShell(shell, 'kgp wob').status).toBe(1);
    });
  });
});

describe.skipIf(missing('bash'))('Tab in bash', () => {
  const tab = (line: string) =>
    inShell(
      'bash',
      `COMP_LINE=${JSON.stringify(line)} COMP_POINT=${line.length}
       COMP_WORDS=(${line}${line.endsWith(' ') ? ' ""' : ''}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
       f=$(complete -p \${COMP_WORDS[0]}); f=\${f##*-F }; \${f%% *} \${COMP_WORDS[0]}; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ).out;

  it.each([
    ['keq ', 'default\nkube-system\nweb\n'],
    ['keq web s', 'shop-1\nshop-2\n'],
    ['kg po', '2:kubectl get po\n'],
    ['ka ', '3:kubectl apply -f \n'],
    ['k get po', '2:k get po\n'],
    ['kubectl ', '1:kubectl \n'],
  ])('%j', (line, answer) => expect(tab(line)).toBe(answer));
});

describe.skipIf(missing('zsh'))('Tab in zsh', () => {
  const tab = (...words: string[]) =>
    inShell(
      'zsh',
      `compadd() { shift; print -rl -- "$@" }
       words=(${words.map((w) => `'${w}'`).join(' ')}); CURRENT=${words.length}
       \${_comps[$words[1]]}`,
    ).out;

  it.each([
    [['keq', ''], 'default\nkube-system\nweb\n'],
    [['keq', 'web', 'shop-2'], 'shop-2\n'],
    [['kg', 'po'], '3:kubectl get po\n'],
    [['k', 'get', ''], '3:kubectl get \n'],
  ])('%j', (words, answer) => expect(tab(...words)).toBe(answer));
});

describe.skipIf(missing('fish'))('Tab in fish', () => {
  it.each([
    ['keq ', 'default\nkube-system\nweb\n'],
    ['kl web shop-1 -c s', 'setup\nsidecar\n'],
    ['kubectl get po', ''],
    ['kubectl get ', 'kubectl+get\n'],
    ['kg ', 'kubectl+get\n'],
    ['k get ', 'kubectl+get\n'],
  ])('%j', (line, answer) => expect(inShell('fish', `complete -C '${line}'`).out).toBe(answer));
});
