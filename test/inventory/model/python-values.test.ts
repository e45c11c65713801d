import { describe, expect, it } from 'vitest';
import { PyDict, PyFloat, PyTuple, PyUnsafe, type PyValue, pyFloat, pyInt } from '../../../src/inventory/model/python-values.js';
import { exactOf, fromPlain, keyText, toPlain, variable } from '../../../src/inventory/model/values.js';
import { jsonText } from '../../../src/inventory/python/json.js';
import { pyRepr } from '../../../src/inventory/python/text.js';

const source = { file: 'hosts', line: 1, column: 1 };

describe('dicts', () => {
  it.each<[string, PyValue, PyValue]>([
    ['1 and 1.0', 1, new PyFloat(1)],
    ['1 and True', 1, true],
    ['0 and False', 0, false],
    ['10 ** 20 as an int and as a float', pyInt(10n ** 20n), pyFloat(1e20)],
    ['tuples of the same items', PyTuple.make([1, 'a']), PyTuple.make([new PyFloat(1), 'a'])],
    ['tuples in tuples', PyTuple.make([PyTuple.make(['a'])]), PyTuple.make([PyTuple.make(['a'])])],
    ['text, unsafe or not', 'a', new PyUnsafe('a')],
  ])('%s are one key', (_, a, b) => {
    const dict = new PyDict([
      [a, 'first'],
      ['between', 0],
      [b, 'last'],
    ]);
    expect([dict.size, dict.get(a), dict.get(b), dict.has(b)]).toEqual([2, 'last', 'last', true]);
    // The key keeps its first form and its first place.
    expect([...dict.keys()][0]).toBe(a);
    dict.delete(b);
    expect([dict.size, dict.has(a), [...dict.keys()]]).toEqual([1, false, ['between']]);
  });

  it.each<[string, PyValue, PyValue]>([
    ['1 and "1"', 1, '1'],
    ['None and "None"', null, 'None'],
    ['a tuple and its text', PyTuple.make(['a']), '("a")'],
    ['a tuple of two and one with a comma in its text', PyTuple.make(['a', 'b']), PyTuple.make(['a,b'])],
    ['a number and its text in tuples', PyTuple.make([1]), PyTuple.make(['1'])],
  ])('%s are two keys', (_, a, b) => {
    const dict = new PyDict([
      [a, 1],
      [b, 2],
    ]);
    expect([dict.size, dict.get(a), dict.get(b)]).toEqual([2, 1, 2]);
  });

  it('keep their order, which the JSON view cannot', () => {
    const dict = new PyDict<PyValue>([
      ['b', 1],
      ['1', 2],
      ['a', PyTuple.make([1])],
    ]);
    expect(pyRepr(dict)).toBe("{'b': 1, '1': 2, 'a': (1,)}");
    expect(toPlain(dict)).toEqual({ b: 1, 1: 2, a: [1] });
    expect(pyRepr(fromPlain({ b: [{ c: 1 }], a: null }))).toBe("{'b': [{'c': 1}], 'a': None}");
  });
});

describe('variables', () => {
  it('have the exact value beside the JSON view', () => {
    const dict = new PyDict<PyValue>([[1, new PyFloat(2)]]);
    const v = variable([dict], source);
    expect(v.value).toEqual([{ 1: 2 }]);
    expect(v.value).toBe(v.value);
    expect(pyRepr(exactOf(v))).toBe('[{1: 2.0}]');
    // Copies keep both.
    const copy = { ...v, secret: true };
    expect(copy.value).toEqual([{ 1: 2 }]);
    expect(jsonText(exactOf(copy)).replaceAll(/\s+/g, ' ')).toBe('[ { "1": 2.0 } ]');
  });

  it('of words and numbers are the list itself', () => {
    const list = [1, 'a', null];
    expect(variable(list, source)).toEqual({ value: list, source });
    expect(variable(list, source).value).toBe(list);
    expect(variable(PyTuple.make([1]), source).value).toEqual([1]);
    expect(variable(PyTuple.make([1]), source).value).not.toBeInstanceOf(PyTuple);
  });

  it.each<[PyValue, string]>([
    [new PyFloat(1), '1'],
    [null, 'null'],
    [true, 'true'],
    [PyTuple.make([1, 'a']), '[1,"a"]'],
  ])('the key %s as text is %s', (key, text) => expect(keyText(key)).toBe(text));
});
