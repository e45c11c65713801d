import { InputError } from '../../base/errors.js';
import { escapeLine } from '../../base/escape.js';
import { renderForHost } from '../../inventory/jinja/render.js';
import type { Inventory } from '../../inventory/model/model.js';
import type { Variable, VarValue } from '../../inventory/model/values.js';
import type { Text } from '../../playbook/model.js';

/** Renders texts of a playbook for one host, and notices when a secret takes part in one. */
export class HostTemplates {
  /** A secret stands in one of the texts so far. */
  secret = false;
  readonly #inventory: Inventory;
  readonly #host: string;
  readonly #vars: ReadonlyMap<string, Variable>;
  readonly #dir: string;

  /** `vars`: of play and task, above those of the host. `dir`: of the playbook. */
  constructor(inventory: Inventory, host: string, vars: ReadonlyMap<string, Variable>, dir: string) {
    this.#inventory = inventory;
    this.#host = host;
    this.#vars = vars;
    this.#dir = dir;
  }

  /** The text as Ansible would have it: values are put in as they are, `| quote` makes a shell word. @throws InputError */
  render(text: Text): string {
    if (!/\{[{%#]/.test(text.text)) return text.text;
    return wordOf(this.#value(text));
  }

  /** A text that is shown: a name. It stays as it is written when a secret takes part. @throws InputError */
  shown(text: Text): string {
    const texts = new HostTemplates(this.#inventory, this.#host, this.#vars, this.#dir);
    const rendered = texts.render(text);
    return texts.secret ? text.text : rendered.split('\n').map(escapeLine).join('\n').trim();
  }

  /** Whether a condition holds. @throws InputError */
  holds(condition: Text): boolean {
    try {
      return this.#value({ ...condition, text: `{% if ${condition.text} %}1{% else %}{% endif %}` }) !== '';
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const { what, ...rest } = error.parts;
      const fix = /\{\{/.test(condition.text)
        ? 'A condition is an expression already: write it without {{ and }}'
        : rest.fix?.replace(/write \{\{ (.*?) \}\}/, 'write $1');
      const why = `For ${this.#host} it is ${condition.text}`;
      throw new InputError({ ...rest, fix, what: what.replace(/^.*? cannot be rendered/, 'The condition makes no sense'), why });
    }
  }

  #value(text: Text): VarValue {
    const { value, secret } = renderForHost(this.#inventory, this.#host, text, this.#vars, this.#dir);
    this.secret ||= secret;
    return value;
  }
}

/** A value alone in its braces keeps its type; Python writes it like this. */
function wordOf(value: VarValue): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
