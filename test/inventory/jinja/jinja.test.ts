import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TemplateError } from '../../../src/inventory/jinja/values/values.js';
import type { VarValue } from '../../../src/inventory/model/values.js';
import { renderWith } from '../../oracle/render.js';

/** What Ansible gave for each; jinja.oracle.test.ts asks it again where it is installed. */
const corpus: { vars: Record<string, VarValue>; cases: { template: string; value?: VarValue; fails?: true }[] } = JSON.parse(
  readFileSync(new URL('../../oracle/jinja-corpus.json', import.meta.url), 'utf8'),
);

describe('templates give what Ansible gives', () => {
  it.each(corpus.cases.map((c) => [c.template, c] as const))('%s', (template, c) => {
    if (c.fails) expect(() => renderWith(corpus.vars, template)).toThrow(TemplateError);
    else expect(renderWith(corpus.vars, template)).toEqual(c.value);
  });
});
