import { makeContext } from '../../src/inventory/jinja/environment.js';
import type { Context } from '../../src/inventory/jinja/evaluate/evaluate.js';
import { renderText } from '../../src/inventory/jinja/template.js';
import { filled, toVar } from '../../src/inventory/jinja/values/convert.js';
import { TemplateError, Undefined, UndefinedError, type Value } from '../../src/inventory/jinja/values/values.js';
import { fromPlain, type VarValue } from '../../src/inventory/model/values.js';

/** Renders one template with these variables, as Ansible's templar would. @throws TemplateError */
export function renderWith(vars: Readonly<Record<string, VarValue>>, template: string): VarValue {
  return toVar(valueWith(vars, template));
}

/** The same with the types of Python. @throws TemplateError */
export function valueWith(vars: Readonly<Record<string, VarValue>>, template: string): Value {
  const open: string[] = [];
  const raw = (name: string): Value | undefined => {
    const v = vars[name];
    return v === undefined ? undefined : filled(fromPlain(v));
  };
  const variable = (name: string): Value | undefined => {
    const v = vars[name];
    if (v === undefined) return undefined;
    if (open.includes(name)) throw new TemplateError('it needs itself');
    open.push(name);
    try {
      return filled(fromPlain(v), { text: (s) => renderText(s, context, raw), decrypt: () => '' });
    } catch (error) {
      if (error instanceof UndefinedError) return new Undefined(name, error.message);
      throw error;
    } finally {
      open.pop();
    }
  };
  const context: Context = makeContext({ env: {}, searchPath: [], variable });
  return renderText(template, context, raw);
}
