import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TemplateError, UndefinedError } from '../../../src/inventory/jinja/values.js';
import type { VarValue } from '../../../src/inventory/model.js';
import { renderWith } from '../../oracle/render.js';
import { type Answer, askTemplar, templarKnows } from '../../oracle/templar.js';

const corpus: { vars: Record<string, VarValue>; cases: { template: string; value?: VarValue; fails?: true }[] } = JSON.parse(
  readFileSync(new URL('../../oracle/jinja-corpus.json', import.meta.url), 'utf8'),
);
const known = templarKnows();
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

  it('random expressions give the same value, or fail in both', () => {
    const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const templates = fc.sample(template, { numRuns: 600, seed });
    const answers = askTemplar(templates.map((t) => ({ template: t, vars: corpus.vars })));
    const differences = templates.flatMap((t, i) => {
      const [own, ansible] = [outcome(t), answers[i]];
      const same = 'error' in own ? refused(t, ansible) || own.undefined : isDeepStrictEqual(own, ansible);
      return same ? [] : [{ template: t, own, ansible }];
    });
    expect({ seed, differences }).toEqual({ seed, differences: [] });
  });
});

/** Ansible leaves a template as it stands when something in it turns out to be undefined too late. */
function refused(t: string, answer: Answer | undefined): boolean {
  return answer === undefined || 'error' in answer || answer.value === t;
}

/** What is undefined within a list or a dict Ansible prints as `AnsibleUndefined(…)`; here it is an error. */
function outcome(t: string): { value: VarValue } | { error: string; undefined: boolean } {
  try {
    return { value: renderWith(corpus.vars, t) };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { error: error.message, undefined: error instanceof UndefinedError };
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
  fc.constantFrom("'a'", "'42'", "''", 'true', 'none', '[1, 2]', "{'k': 1}", '2.5', "'Yes'"),
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
];
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
        fc.constantFrom('+', '-', '*', '//', '%', '~', '==', '!=', '<', 'and', 'or', 'in', 'not in'),
        tie('expression'),
      )
      .map(([a, o, b]) => `(${a}) ${o} (${b})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a}) if (${b}) else (${c})`),
    tie('expression').map((e) => `not (${e})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `[${a}, ${b}]`),
  ),
}));
const template = fc.oneof(
  expression.map((e) => `{{ ${e} }}`),
  fc.tuple(expression, expression).map(([a, b]) => `{{ ${a} }}-{{ ${b} }}`),
  fc.tuple(expression, expression).map(([a, b]) => `{% if ${a} %}{{ ${b} }}{% else %}no{% endif %}`),
  fc.tuple(expression, expression).map(([a, b]) => `{% for i in ${a} %}{{ i }}{{ ${b} }},{% endfor %}`),
);
