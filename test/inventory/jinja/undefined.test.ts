import { describe, expect, it } from 'vitest';
import { TemplateError } from '../../../src/inventory/jinja/values/values.js';
import { renderWith } from '../../oracle/render.js';
import { FAILS, UNDEFINED, VARS } from './undefined-cases.js';

describe.each(Object.entries(UNDEFINED))('%s', (_, cases) => {
  it.each(cases)('%s', (template, value) => {
    if (value === FAILS) expect(() => renderWith(VARS, template)).toThrow(TemplateError);
    else expect(renderWith(VARS, template)).toEqual(value);
  });
});
