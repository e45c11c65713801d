import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/base/package-root.js';
import { StandIn } from './stand-in.js';

const standIn = new StandIn();
afterAll(() => standIn.remove());
const PROGRAM = join(PACKAGE_ROOT, 'data/shell/short.sh');

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;
/** Which `sh` there is depends on the system. */
const SHELLS = [['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(([name = '']) =>
  has(name === 'busybox' ? 'dash' : name),
);

describe.each(SHELLS)('short commands by %s', (...shell) => {
  const [file = '', ...front] = shell;
  const run = (words: readonly string[], o?: Parameters<StandIn['run']>[2]) =>
    standIn.run(file, [...front, PROGRAM, ...words], o);

  it.each([
    ['kg pods -A', 'get pods -A'],
    ['ka web.yml', 'apply -f web.yml'],
    ['kc deploy web --image nginx', 'create deploy web --image nginx'],
    ['ks deploy/web --replicas 3', 'scale deploy/web --replicas 3'],
    ['ke deploy web', 'get deploy web -o yaml'],
    ['kgw svc', 'get svc -o wide'],
    ['kgp', 'get pods'],
    ['kgp web', 'get pods -n web'],
    ['kgp -n web', 'get pods -n web'],
    ['kgp -A -l app=x', 'get pods -A -l app=x'],
    ['kgp web -o name --show-labels', 'get pods -n web -o name --show-labels'],
    ['kgp -l app=x web', 'get pods -n web -l app=x'],
    ['kgpww', 'get pods -o wide --watch'],
    ['kgpww web', 'get pods -n web -o wide --watch'],
    ['kgpws', 'get pods -A -o wide --sort-by=.spec.nodeName'],
    ['kgpws web', 'get pods -n web -o wide --sort-by=.spec.nodeName'],
    ['kee 2', 'exec -i shop-2 -- bash'],
    ['kee shop-1 -c sidecar -- ls -l', 'exec -i shop-1 -c sidecar -- ls -l'],
    ['keq web 1', 'exec -i -n web shop-1 -- sh'],
    ['keq web shop-2 -- cat /etc/hosts --print', 'exec -i -n web shop-2 -- cat /etc/hosts --print'],
    ['keq -n web 2', 'exec -i -n web shop-2 -- sh'],
    ['keq -A 1', 'exec -i -n kube-system dns-1 -- sh'],
    ['kl web 1 --tail 5 -f', 'logs -n web shop-1 --tail 5 -f'],
    ['kl web 1 -c setup', 'logs -n web shop-1 -c setup'],
    ['kl --context lab web 1', 'logs --context lab -n web shop-1'],
    ['kdp web shop-2', 'describe pod -n web shop-2'],
  ])('%s is kubectl %s', (typed, line) => {
    const { status, calls, err } = run(typed.split(' '));
    expect({ status, err, last: calls.at(-1) }).toEqual({ status: 0, err: '', last: line });
  });

  it('asks by number, and again after a wrong one', () => {
    const { calls, err } = run(['keq', 'web'], { input: '7\nx\n2\n' });
    expect(calls.at(-1)).toBe('exec -i -n web shop-2 -- sh');
    expect(err).toContain('  2  shop-2   Pending   w2\n');
    expect(err).toContain('There is no number 7');
    expect(err).toContain('There is no number x');
  });

  it('asks for the container with -c', () => {
    expect(run(['keq', 'web', '-c'], { input: '1\n2\n' }).calls.at(-1)).toBe('exec -i -n web shop-1 -c sidecar -- sh');
  });

  it('runs nothing when nothing is chosen', () => {
    for (const input of ['', '\n']) {
      const { status, calls, err } = run(['kl', 'web'], { input });
      expect(status).toBe(130);
      expect(err).toContain('nothing was chosen');
      expect(calls.filter((c) => c.startsWith('logs'))).toEqual([]);
    }
  });

  it.each([
    ['kg --print po', 'kubectl get po\n'],
    ['kgpws --print', 'kubectl get pods -A -o wide --sort-by=.spec.nodeName\n'],
    ['keq web 1 --print', 'kubectl exec -it -n web shop-1 -- sh\n'],
  ])('%s prints the line and does not run it', (typed, line) => {
    const { out, calls } = run(typed.split(' '));
    expect(out).toBe(line);
    expect(calls.filter((c) => `kubectl ${c}\n` === line)).toEqual([]);
  });

  it('prints words that need quotes so that they can be pasted', () => {
    const { out } = run(['kg', '--print', "it's", 'a b', '']);
    expect(out).toBe(`kubectl get 'it'\\''s' 'a b' ''\n`);
    expect(
      spawnSync('sh', ['-c', `set -- ${out.trim().slice('kubectl get '.length)}; printf '%s|' "$@"`]).stdout.toString(),
    ).toBe("it's|a b||");
  });

  it.each([
    [['kgp', 'wob'], {}, 1, 'there is no namespace wob; there are: default kube-system web'],
    [['keq', 'default'], {}, 1, 'there are no pods in default'],
    [['kdp', 'web', '5'], {}, 1, 'there is no pod number 5; there are 2'],
    [['kdp', 'web', 'shop'], {}, 1, 'there is no pod shop in web'],
    [['kl', 'web', '1', '-c', 'x'], {}, 1, 'shop-1 has no container x; it has: app sidecar setup'],
    [['keq', 'web', '1', 'more'], {}, 2, 'one word too many: more'],
    [['kgp', '-n'], {}, 2, '-n needs a value'],
    [['kgp', 'web', '-A'], {}, 2, 'a namespace and -A exclude each other'],
    [['kgp', 'web'], { says: 'down' }, 1, 'localhost:8080 was refused'],
    [['kl'], { says: 'down' }, 1, 'kubectl gets no answer from the cluster'],
  ] as const)('%j with %j: exit code %i', (words, o, status, says) => {
    const found = run(words, o);
    expect(found.status).toBe(status);
    expect(found.err).toContain(says);
    expect(found.out).toBe('');
  });

  it('goes on where the user may not list namespaces', () => {
    expect(run(['kgp', 'web'], { says: 'forbidden' }).calls.at(-1)).toBe('get pods -n web');
  });

  it('says that there is no kubectl', () => {
    const path = join(standIn.dir, `without-${file}`);
    mkdirSync(path, { recursive: true });
    for (const tool of ['dash', 'bash', 'busybox', 'grep', 'awk', 'sed', 'paste', 'tail']) {
      const at = spawnSync('sh', ['-c', `command -v ${tool}`])
        .stdout.toString()
        .trim();
      if (at) symlinkSync(at, join(path, tool));
    }
    for (const words of [['kg', 'po'], ['kgp'], ['kl', 'web']])
      expect(run(words, { path })).toMatchObject({
        status: 127,
        err: `${words[0]}: kubectl is not installed, or not on the PATH\n`,
      });
  });

  it.each([
    ['keq|', 'default kube-system web'],
    ['keq|k', 'kube-system'],
    ['keq|web|', 'shop-1 shop-2'],
    ['kl|web|shop-1|-c|', 'app sidecar setup'],
    ['keq|web|shop-1|-c|s', 'sidecar'],
    ['kgp|-n|w', 'web'],
    ['kgp|web|', ''],
    ['kee|shop-2', 'shop-2'],
    ['kdp|-', '-n -A --print'],
  ])('Tab after %s offers %s', (typed, words) => {
    expect(
      run(['--complete', ...typed.split('|')])
        .out.trim()
        .split('\n')
        .join(' '),
    ).toBe(words);
  });
});
