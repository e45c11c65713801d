import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placedWords, ShellWordsError, type Word } from '../../../../src/base/shell-words.js';
import { type HostLine, HostLines } from '../../../../src/inventory/formats/ini/host-lines.js';
import { LineVars } from '../../../../src/inventory/formats/ini/line-vars.js';
import { LayeredVars, merge } from '../../../../src/inventory/load/layers.js';
import type { Variable } from '../../../../src/inventory/model/values.js';

/** What the words of a line say; undefined: they are no host line. */
function careful(lines: HostLines, line: string): HostLine | undefined {
  let words: Word[];
  try {
    words = placedWords(line);
  } catch (error) {
    if (error instanceof ShellWordsError) return undefined;
    throw error;
  }
  const [pattern, ...rest] = words;
  if (pattern === undefined || rest.some((w) => !w.text.includes('='))) return undefined;
  return lines.of(
    pattern,
    rest.map((w) => ({ name: w.text.slice(0, w.text.indexOf('=')), text: w.text.slice(w.text.indexOf('=') + 1), at: w.at })),
  );
}

const plain = (l: HostLine | undefined): unknown => l && { ...l, names: l.names.list };

const word = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('a', 'b', 'ansible_host', ''),
      fc.constantFrom('=1', '="x y"', "='#'", '=', '=""', '=a=b', '="a"b', '="a'),
    )
    .map((w) => w.join('')),
  fc.string({ unit: fc.constantFrom('a', '=', ' ', '\t', '"', "'", '#', '\\', 'ä', '\u00a0'), maxLength: 6 }),
);
const line = fc.array(word, { maxLength: 6 }).map((words) => `h ${words.join(' ')}`.trimEnd());

describe('lines of hosts that are written simply', () => {
  it('are read as word by word, whatever the previous lines were; others are left to the word reader', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (texts) => {
        const lines = new HostLines();
        for (const text of texts) {
          const quick = lines.read(text);
          if (quick) expect(plain(quick)).toEqual(plain(careful(lines, text)));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('are read quickly in this form', () => {
    const lines = new HostLines();
    const first = lines.read('n1 ansible_host=10.0.0.1 x="a b" y=\'#\' z=');
    expect(plain(first)).toEqual({
      pattern: { text: 'n1', at: 0 },
      names: ['ansible_host', 'x', 'y', 'z'],
      texts: ['10.0.0.1', 'a b', '#', ''],
      at: [3, 25, 33, 39],
    });
    expect(lines.read('n2 ansible_host=10.0.0.2 x=1 y=2 z=3')?.names).toBe(first?.names);
    expect(lines.read('n3 x=1')?.names.list).toEqual(['x']);
  });
});

describe('variables that are iterated as one map', () => {
  const value = (n: number): Variable => ({ value: n, source: { file: 'f', line: 1, column: 1 } });
  const layer = fc
    .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(9)), { selector: ([name]) => name })
    .map((entries) => new Map(entries.map(([name, n]) => [name, value(n)])));

  it('layers are what one map of them is', () => {
    fc.assert(
      fc.property(fc.array(layer, { maxLength: 4 }), (layers) => {
        const [one, merged] = [new LayeredVars(layers), merge(layers)];
        expect([...one]).toEqual([...merged]);
        expect([...one.keys()]).toEqual([...merged.keys()]);
        expect([...one.values()]).toEqual([...merged.values()]);
        expect(one.size).toBe(merged.size);
        for (const name of 'abcde') {
          expect(one.get(name)).toEqual(merged.get(name));
          expect(one.has(name)).toBe(merged.has(name));
        }
      }),
    );
  });

  it('those of a line have their places', () => {
    const read = new HostLines().read('n1 b=1 a="x y"');
    if (!read) throw new Error('not read');
    const vars = new LineVars(read.names, [1, 'x y'], 'hosts', 7, [4, 8]);
    expect([...vars]).toEqual([
      ['b', { value: 1, source: { file: 'hosts', line: 7, column: 4 } }],
      ['a', { value: 'x y', source: { file: 'hosts', line: 7, column: 8 } }],
    ]);
    expect([vars.size, vars.has('a'), vars.has('c'), vars.get('c')]).toEqual([2, true, false, undefined]);
    expect(vars.get('a')?.source.column).toBe(8);
  });
});
