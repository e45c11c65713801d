import { InputError } from '../../base/errors.js';
import { escapeLine } from '../../base/escape.js';
import { renderForHost } from '../../inventory/jinja/render.js';
import { RenderError } from '../../inventory/jinja/render-error.js';
import type { Inventory } from '../../inventory/model/model.js';
import type { Variable, VarValue } from '../../inventory/model/values.js';
import type { Text } from '../../playbook/model.js';

/** Renders text of a playbook for one host, and notes whether a secret was used. */
export class HostTemplates {
  /** A secret was used in the text rendered so far. */
  secret = false;
  readonly #inventory: Inventory;
  readonly #host: string;
  readonly #vars: ReadonlyMap<string, Variable>;
  readonly #dir: string;

  /** `vars`: of play and task; they override those of the host. `dir`: of the playbook. */
  constructor(inventory: Inventory, host: string, vars: ReadonlyMap<string, Variable>, dir: string) {
    this.#inventory = inventory;
    this.#host = host;
    this.#vars = vars;
    this.#dir = dir;
  }

  /** Renders as Ansible does: values are inserted as they are, `| quote` makes a shell word. @throws InputError */
  render(text: Text): string {
    if (!/\{[{%#]/.test(text.text)) return text.text;
    return wordOf(this.#value(text));
  }

  /** Renders text for display, such as a name. Returned as written if it uses a secret. @throws InputError */
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
      if (!(error instanceof RenderError)) throw error;
      const { missing, near } = error;
      throw new InputError({
        ...error.parts,
        what: `The condition is invalid: ${error.reason}`,
        why: `On ${this.#host} it is ${condition.text}`,
        ...(condition.text.includes('{{')
          ? { fix: 'Write the condition without {{ and }}: it is already an expression' }
          : missing !== '' && near === undefined
            ? { fix: `Define ${missing}, or write ${missing} | default(…)` }
            : {}),
      });
    }
  }

  #value(text: Text): VarValue {
    const { value, secret } = renderForHost(this.#inventory, this.#host, text, this.#vars, this.#dir);
    this.secret ||= secret;
    return value;
  }
}

/** A template that is a single expression keeps its type; this is how Python prints it. */
function wordOf(value: VarValue): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
