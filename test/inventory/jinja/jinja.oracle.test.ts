import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toVar } from '../../../src/inventory/jinja/values/convert.js';
import { repr } from '../../../src/inventory/jinja/values/python.js';
import { TemplateError } from '../../../src/inventory/jinja/values/values.js';
import type { VarValue } from '../../../src/inventory/model/values.js';
import { valueWith } from '../../oracle/render.js';
import { type Answer, askTemplar, templarKnows } from '../../oracle/templar.js';
import { FUZZ_RUNS, fuzzSeed } from '../../support/random/fuzz.js';
import { FAILS, UNDEFINED, VARS } from './undefined-cases.js';

const corpus: { vars: Record<string, VarValue>; cases: { template: string; value?: VarValue; fails?: true }[] } = JSON.parse(
  readFileSync(new URL('../../oracle/jinja-corpus.json', import.meta.url), 'utf8'),
);
const known = templarKnows();
const runs = FUZZ_RUNS * 10;
const needsUtils = (template: string): boolean => /ip(addr|v4|v6|wrap|subnet|math)|nth|network_in/.test(template);

describe.skipIf(!known.ansible)("against Ansible's templar", () => {
  it('the corpus says what Ansible says', () => {
    const cases = corpus.cases.filter((c) => known.utils || !needsUtils(c.template));
    const answers = askTemplar(cases.map((c) => ({ template: c.template, vars: corpus.vars })));
    expect(answers.length).toBe(cases.length);
    cases.forEach((c, i) => {
      const answer = answers[i];
      expect([c.template, answer && 'value' in answer ? answer.value : 'fails']).toEqual([
        c.template,
        c.fails ? 'fails' : c.value,
      ]);
    });
  });

  it('so do the cases of what is undefined in lists and dicts', () => {
    const cases = Object.values(UNDEFINED).flat();
    const answers = askTemplar(cases.map(([template]) => ({ template, vars: VARS })));
    const said = answers.map((a) => ('value' in a ? a.value : FAILS));
    expect(cases.map(([t], i) => [t, said[i]])).toEqual(cases);
  });

  it(`${runs} random expressions give the same value of the same type, or fail in both`, async () => {
    const seed = fuzzSeed() ?? Math.floor(Math.random() * 2 ** 31);
    const templates = fc.sample(template, { numRuns: runs, seed });
    const answers: Answer[] = [];
    // In portions: while one is asked for, vitest hears nothing from here, and after a minute it takes that for an error.
    for (let i = 0; i < runs; i += 1000) {
      answers.push(...askTemplar(templates.slice(i, i + 1000).map((t) => ({ template: t, vars: corpus.vars }))));
      await setImmediate();
    }
    expect(answers.length).toBe(runs);
    const differences = templates.flatMap((t, i) => {
      const [own, ansible] = [outcome(t), answers[i]];
      const same =
        'error' in own
          ? refused(t, ansible) || own.onPurpose
          : asItStands(t, ansible) || (ansible !== undefined && 'repr' in ansible && own.repr === ansible.repr);
      return same ? [] : [{ template: t, own, ansible }];
    });
    // The shortest are the easiest to understand.
    const shown = differences.sort((a, b) => a.template.length - b.template.length).slice(0, 20);
    expect(shown, `KUBEWRIGHT_FUZZ_SEED=${seed} shows it again`).toEqual([]);
  }, 900_000);
});

/**
 * Ansible leaves a template as it stands when something in it turns out to be undefined too late, and prints what is undefined
 * within a list or a dict as `AnsibleUndefined(…)`; here both are errors, and complex numbers are, too.
 */
function refused(t: string, answer: Answer | undefined): boolean {
  return answer === undefined || 'error' in answer || asItStands(t, answer);
}

/** It also fails when it cannot fold constants while parsing. */
function asItStands(t: string, answer: Answer | undefined): boolean {
  return answer !== undefined && 'value' in answer && answer.value === t;
}

function outcome(t: string): Exclude<Answer, { error: string }> | { error: string; onPurpose: boolean } {
  try {
    const value = valueWith(corpus.vars, t);
    return { value: toVar(value), repr: repr(value) };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return {
      error: error.message,
      onPurpose: /in a list or a dict|complex number/.test(error.message),
    };
  }
}

const atom = fc.oneof(
  fc.constantFrom(
    'n',
    's',
    'l',
    'd',
    't',
    'no',
    'nil',
    'el',
    'ed',
    'words',
    'people',
    'nowhere',
    'd.c',
    'l[0]',
    'd.nope',
    'ref_d',
    'empty',
    'csv',
    'f',
  ),
  fc.integer({ min: -9, max: 99 }).map(String),
  fc.constantFrom("'a'", "'42'", "''", 'true', 'none', '[1, 2]', "{'k': 1}", '2.5', '2.0', "'Yes'", '(1, 2)', '1e3', '[]'),
);
const FILTERS = [
  "default('x')",
  "default('x', true)",
  'length',
  'upper',
  'int',
  'bool',
  'list',
  'first',
  'last',
  "join(',')",
  'sort',
  'unique',
  'trim',
  'float',
  'reverse',
  'min',
  'ternary(1, 2)',
  "map('string')",
  'flatten',
  'dict2items',
  "split(',')",
  'abs',
  'title',
  'string',
  'lower',
  'capitalize',
  'round',
  'round(1)',
  'sum',
  'max',
  'to_json',
  'from_json',
  'to_nice_json',
  'quote',
  'unique',
  'union([1])',
  'difference([1])',
  'zip([1, 2])',
  'batch(2)',
  "select('defined')",
  'reject',
  "regex_replace('[a-m]', 'x')",
  "replace('a', 'b')",
  'combine({})',
  'type_debug',
  'wordcount',
  'urlencode',
  'b64encode',
  "selectattr('age', 'gt', 26)",
  "map(attribute='name')",
  "groupby('age')",
  'items2dict',
  'dictsort',
  "combine({'k': {'z': 1}}, recursive=true)",
  "combine({'k': [1]}, list_merge='append_rp')",
  'intersect([1, 2])',
  'symmetric_difference([1])',
  "subelements('tags', skip_missing=true)",
  "extract({'a': 1, 42: 2})",
  "map('extract', d)",
  "map('default', 'x')",
  "selectattr('k', 'defined')",
  'unique(case_sensitive=true)',
  "zip_longest([1, 2], fillvalue='z')",
  'to_nice_yaml(2)',
  'dict2items | items2dict',
];
/** What follows a value. */
const TAILS = ['[0]', '[-1]', '.k', "['a']", '.upper()', ".split(',')", '.items() | list', '.keys() | list', '.get(1)'];
const TESTS = [
  'defined',
  'none',
  'string',
  'number',
  'mapping',
  'sequence',
  'odd',
  "match('a')",
  "version('1', '>')",
  'in [1, 2]',
  'subset([1, 2])',
  'superset([1])',
  'contains(1)',
  'eq [1, 2]',
  'truthy(convert_bool=true)',
];
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    fc.tuple(tie('expression'), fc.constantFrom(...FILTERS)).map(([e, f]) => `(${e}) | ${f}`),
    fc.tuple(tie('expression'), fc.constantFrom(...TESTS)).map(([e, t]) => `(${e}) is ${t}`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '-', '*', '/', '//', '%', '~', '==', '!=', '<', '>=', 'and', 'or', 'in', 'not in'),
        tie('expression'),
      )
      .map(([a, o, b]) => `(${a}) ${o} (${b})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a}) if (${b}) else (${c})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a}) if (${b})`),
    tie('expression').map((e) => `not (${e})`),
    tie('expression').map((e) => `-(${e})`),
    // Jinja turns (-3) ** n into -(3 ** n) unless n is a constant.
    fc.tuple(tie('expression'), fc.constantFrom('0', '2', '3', '-1', '2.0', '0.5')).map(([a, b]) => `(${a}) ** (${b})`),
    fc.tuple(fc.constantFrom('l', 's', 'words', 'n', 'd'), fc.constantFrom('[1:]', '[::-1]', '[:1]')).map((p) => p.join('')),
    fc.tuple(tie('expression'), fc.constantFrom(...TAILS)).map(([e, t]) => `(${e})${t}`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `{'x': ${a}, 'y': ${b}}`),
    tie('expression').map((e) => `(${e}, )`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `[${a}, ${b}]`),
  ),
}));
const template = fc.oneof(
  expression.map((e) => `{{ ${e} }}`),
  fc.tuple(expression, expression).map(([a, b]) => `{{ ${a} }}-{{ ${b} }}`),
  fc.tuple(expression, expression).map(([a, b]) => `{% if ${a} %}{{ ${b} }}{% else %}no{% endif %}`),
  fc.tuple(expression, expression).map(([a, b]) => `{% for i in ${a} %}{{ i }}{{ ${b} }},{% endfor %}`),
);
