import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placedWords, shellWords } from '../../src/base/shell-words.js';
import { expandRange } from '../../src/inventory/draft/range.js';
import { parseExtraVars } from '../../src/inventory/load/extra-vars.js';
import { toPlain } from '../../src/inventory/model/values.js';
import { resolvePattern } from '../../src/inventory/pattern/pattern.js';
import { pythonValue } from '../../src/inventory/python/literal.js';
import { sampleInventory } from '../support/cluster.js';

describe('ranges', () => {
  it.each([
    ['web', ['web']],
    ['w[1:3]', ['w1', 'w2', 'w3']],
    ['w[01:03]x', ['w01x', 'w02x', 'w03x']],
    ['w[0:6:3]', ['w0', 'w3', 'w6']],
    ['db-[a:c]', ['db-a', 'db-b', 'db-c']],
    ['r[1:2]n[1:2]', ['r1n1', 'r1n2', 'r2n1', 'r2n2']],
  ])('%s', (pattern, names) => expect(expandRange(pattern)).toEqual(names));

  it('have as many names as numbers, each once', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), (from, more) => {
        const names = expandRange(`n[${from}:${from + more}]`);
        expect(new Set(names).size).toBe(more + 1);
      }),
    );
  });

  it('of numbers that run backwards are empty, as in Ansible; of letters they are refused', () => {
    expect(expandRange('w[3:1]')).toEqual([]);
    expect(() => expandRange('w[c:a]')).toThrow(/before the start/);
  });
});

describe('Python literals', () => {
  it.each<[string, unknown]>([
    ['1', 1],
    ['-1.5', -1.5],
    ['0x1F', 31],
    ['True', true],
    ['true', 'true'],
    ['None', null],
    ["'a b'", 'a b'],
    ['007', '007'],
    ['10.0.0.1', '10.0.0.1'],
    ['a=b#c', 'a=b#c'],
    ['[1, 2,]', [1, 2]],
    ['(1, 2)', [1, 2]],
    ["{'a': None}", { a: null }],
    ['[unclosed', '[unclosed'],
    ['', ''],
    ["''", ''],
  ])('%s', (text, value) => expect(toPlain(pythonValue(text))).toEqual(value));

  it('never throw, whatever the text', () => {
    fc.assert(fc.property(fc.string(), (text) => void pythonValue(text)));
  });

  it('read back what Python would print of numbers', () => {
    fc.assert(
      fc.property(
        fc.integer().filter((n) => !Object.is(n, -0)),
        (n) => pythonValue(String(n)) === n,
      ),
    );
  });
});

describe('words', () => {
  it('are split as a shell does', () => {
    const line = 'a  b="c d" e=\'f "g"\' h\\ i # comment';
    expect(placedWords(line).map((w) => w.text)).toEqual(['a', 'b=c d', 'e=f "g"', 'h i']);
    expect(() => shellWords('a "b')).toThrow(/not closed/);
  });

  it('of arguments have no comments, as shlex.split() in the ssh plugin', () => {
    expect(shellWords('-o ControlPath=/tmp/#x -o User=a # b')).toEqual(['-o', 'ControlPath=/tmp/#x', '-o', 'User=a', '#', 'b']);
  });
});

describe('patterns', () => {
  const inventory = sampleInventory();
  const all = ['m11-k8s', 'm12-k8s', 'm13-k8s', 'w101-k8s', 'w102-k8s'];
  it.each([
    ['all', all],
    ['*', all],
    ['kube-master', all.slice(0, 3)],
    ['kube_control_plane[0]', ['m11-k8s']],
    ['kube_control_plane[-1]', ['m13-k8s']],
    ['kube_control_plane[1:2]', ['m12-k8s', 'm13-k8s']],
    ['kube_control_plane:!kube_control_plane[0]', ['m12-k8s', 'm13-k8s']],
    ['all:&kube_node', ['w101-k8s', 'w102-k8s']],
    ['w101-k8s,m11-k8s', ['w101-k8s', 'm11-k8s']],
    ['w10?-k8s', ['w101-k8s', 'w102-k8s']],
    ['~m1[12].*', ['m11-k8s', 'm12-k8s']],
    ['!kube_node', all.slice(0, 3)],
  ])('%s', (pattern, hosts) => expect(resolvePattern(inventory, pattern)).toEqual(hosts));

  it('that match nothing are errors unless that is allowed', () => {
    expect(() => resolvePattern(inventory, 'kube_node:!all')).toThrow(/matches no host/);
    expect(resolvePattern(inventory, 'kube_node:!all', { allowEmpty: true })).toEqual([]);
    expect(() => resolvePattern(inventory, 'w103-k8s')).toThrow(/no host and no group/);
  });
});

describe('extra variables', () => {
  it('are text as key=value and typed as JSON', async () => {
    const vars = await parseExtraVars(['a=1 b="two words"', '{"c": [1], "a": 2}']);
    expect(Object.fromEntries([...vars].map(([k, v]) => [k, v.value]))).toEqual({ a: 2, b: 'two words', c: [1] });
  });

  it('are not JSON after a space, because Ansible reads something else', async () => {
    await expect(parseExtraVars([' {"a": 1}'])).rejects.toThrow(/is not a variable/);
  });
});
