import { InputError } from '../errors.js';
import type { Text } from '../playbook/model.js';

/** A text of a playbook for one host. @throws InputError where it holds an expression. */
export function renderText(text: Text): string {
  if (!/\{\{|\{%/.test(text.text)) return text.text;
  const { file, line, column } = text.source;
  throw new InputError({
    what: 'This holds a Jinja expression, and expressions in playbooks are not rendered yet',
    where: `${file}:${line}:${column}`,
    todo: 'Write the value itself',
  });
}
