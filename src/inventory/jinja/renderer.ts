import { dirname } from 'node:path';
import { nearestName } from '../../base/nearest.js';
import { oldGroupName } from '../model/group-names.js';
import type { Host, Inventory } from '../model/model.js';
import { PyFloat, type PyValue } from '../model/python-values.js';
import { exactOf, fromPlain, type Variable, type VarValue } from '../model/values.js';
import { Keyring } from '../vault/keyring.js';
import { makeContext } from './environment.js';
import type { Context } from './evaluate/evaluate.js';
import { MAGIC, type MagicSources, magicVariable, OMIT } from './magic.js';
import { RenderError } from './render-error.js';
import { needsRendering, type Rendered, RenderedVariable } from './rendered.js';
import { renderText } from './template.js';
import { copied, filled, toVar } from './values/convert.js';
import { LazyDict, TemplateError, Undefined, UndefinedError, type Value } from './values/values.js';

export interface RenderOptions {
  /** Variables below all others: the settings' defaults, so that users' templates may refer to them. Raw. */
  readonly defaults?: ReadonlyMap<string, VarValue>;
  readonly keyring?: Keyring;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly playbookDir?: string;
}

interface Frame {
  readonly host: string;
  readonly name: string;
  secret: boolean;
  /** A value that it needed was left out, because it is already being rendered. */
  partial: boolean;
}

/** Renders variables of hosts, each once, on first use. */
export class Renderer {
  readonly #inventory: Inventory;
  readonly #options: RenderOptions;
  readonly #keyring: Keyring;
  readonly #stack: Frame[] = [];
  readonly #contexts = new Map<string, Context>();
  readonly #done = new Map<string, { readonly value: Value; readonly secret: boolean }>();
  readonly #magic: MagicSources;
  readonly #instead: Host | undefined;

  /** @param instead replaces the host of its name. Constructed for every text of a task, so this must not iterate over all hosts. */
  constructor(inventory: Inventory, options: RenderOptions, instead?: Host) {
    this.#inventory = inventory;
    this.#options = options;
    this.#instead = instead;
    this.#keyring = options.keyring ?? new Keyring([]);
    const names = new Map(
      [...inventory.groups.values()].flatMap((g) => [g.name, ...oldGroupName(g.name)].map((n) => [n, g] as const)),
    );
    this.#magic = {
      hosts: inventory.hosts,
      groups: new LazyDict(
        () => names.keys(),
        (name) => names.get(name)?.hosts.slice(),
      ),
      hostvars: new LazyDict(
        () => inventory.hosts.keys(),
        (name) => this.#varsOf(name),
      ),
      playbookDir: options.playbookDir,
    };
  }

  host(host: Host): Host {
    if (![...host.vars.values()].some(needsRendering)) return host;
    const vars = new Map<string, Variable>();
    for (const [name, v] of host.vars) {
      vars.set(name, needsRendering(v) ? new RenderedVariable(v, () => this.#render(host, name, v)) : v);
    }
    return { ...host, vars };
  }

  #hostNamed(name: string): Host | undefined {
    return this.#instead?.name === name ? this.#instead : this.#inventory.hosts.get(name);
  }

  #render(host: Host, name: string, variable: Variable): Rendered {
    const stack = this.#stack.splice(0);
    try {
      const value = this.#variable(host.name, name);
      if (value === undefined) throw new TemplateError(`${name} is undefined`);
      const out = value === OMIT ? null : toVar(value);
      return { value: out, secret: this.#done.get(`${host.name}\0${name}`)?.secret ?? false };
    } catch (error) {
      if (error instanceof TemplateError) throw this.#explain(error, host, name, variable);
      throw error;
    } finally {
      this.#stack.splice(0, this.#stack.length, ...stack);
    }
  }

  #explain(error: TemplateError, host: Host, name: string, variable: Variable): RenderError {
    const missing = error instanceof UndefinedError ? error.missing : '';
    const near = missing === '' ? undefined : nearestName(missing, this.#names(host));
    const fact = missing.startsWith('ansible_') && !host.vars.has(missing);
    return new RenderError(
      { reason: error.message, missing, near },
      {
        what: `${name} cannot be rendered: ${error.message}`,
        where: variable.source,
        ...(typeof variable.value === 'string' ? { why: `For ${host.name} it is ${shortened(variable.value)}` } : {}),
        fix: near
          ? `Did you mean ${near}?`
          : fact
            ? `Host facts are not known while variables are read: write the value itself`
            : missing !== ''
              ? `Define ${missing}, or write {{ ${missing} | default(…) }}`
              : 'Correct the expression',
      },
    );
  }

  #names(host: Host): string[] {
    return [...host.vars.keys(), ...(this.#options.defaults?.keys() ?? []), ...MAGIC];
  }

  /** A variable of a host, rendered; undefined: there is none of that name. @param ofHostvars it is read as hostvars[host].name. */
  #variable(hostName: string, name: string, ofHostvars = false): Value | undefined {
    const host = this.#hostNamed(hostName);
    const own = host?.vars.get(name);
    const fallback = this.#options.defaults?.get(name);
    if (!host) return undefined;
    if (own === undefined) {
      const magic = magicVariable(host, name, this.#magic);
      if (magic !== undefined || fallback === undefined) return magic;
    }
    const raw = own === undefined ? fromPlain(fallback ?? null) : exactOf(own);
    const key = `${hostName}\0${name}`;
    const known = this.#done.get(key);
    if (known) {
      if (known.secret) this.#taint();
      return copied(known.value);
    }
    const at = this.#stack.findIndex((f) => f.host === hostName && f.name === name);
    if (at >= 0) {
      const chain = [...this.#stack.slice(at), this.#stack[at]].map((f) => f?.name ?? '').join(' > ');
      const reason = `it refers to itself: ${chain}`;
      if (!ofHostvars) throw new TemplateError(reason);
      // Ansible has no hostvars within hostvars. kubespray's etcd_member_name refers to itself that way, and has a default for it.
      for (const frame of this.#stack.slice(at + 1)) frame.partial = true;
      return new Undefined('', reason);
    }
    if (this.#stack.length > 100) throw new TemplateError('variables refer to each other more than 100 levels deep');
    const frame: Frame = { host: hostName, name, secret: own?.secret === true, partial: false };
    if (frame.secret) this.#taint();
    this.#stack.push(frame);
    try {
      const value = this.#fill(hostName, raw, frame);
      // Finds undefined values anywhere in it.
      toVar(value);
      if (value !== OMIT && !frame.partial) this.#done.set(key, { value: copied(value), secret: frame.secret });
      return value;
    } catch (error) {
      // As in Ansible: default() may still replace it, and only its use is an error.
      if (error instanceof UndefinedError && this.#stack.length > 1)
        return new Undefined(error.missing, `${error.message} (in ${name})`);
      if (error instanceof TemplateError && frame.secret && !(error instanceof UndefinedError))
        throw new TemplateError('the reason is hidden because a secret is involved');
      throw error;
    } finally {
      this.#stack.pop();
      if (frame.secret) this.#taint();
    }
  }

  #taint(): void {
    const top = this.#stack.at(-1);
    if (top) top.secret = true;
  }

  #fill(hostName: string, raw: PyValue, frame: Frame): Value {
    const context = this.#context(hostName);
    const single = (name: string): Value | undefined => {
      const own = this.#hostNamed(hostName)?.vars.get(name);
      if (own?.secret) frame.secret = true;
      const v = own ? exactOf(own) : this.#options.defaults?.get(name);
      return v === undefined ? undefined : scalar(v);
    };
    return filled(raw, {
      text: (s) => renderText(s, context, single),
      decrypt: (v) => {
        frame.secret = true;
        return this.#keyring.decrypt(v.ciphertext, v.source);
      },
    });
  }

  #context(hostName: string): Context {
    const known = this.#contexts.get(hostName);
    if (known) return known;
    const host = this.#hostNamed(hostName);
    const dir = host?.origin === undefined ? '.' : dirname(host.origin);
    const context = makeContext({
      env: this.#options.env ?? process.env,
      searchPath: [this.#options.playbookDir ?? '.', dir],
      variable: (name) => this.#variable(hostName, name),
    });
    this.#contexts.set(hostName, context);
    return context;
  }

  #varsOf(hostName: string): Value | undefined {
    const host = this.#hostNamed(hostName);
    if (!host) return undefined;
    return new LazyDict(
      () => [...host.vars.keys(), ...MAGIC.filter((m) => m !== 'hostvars')],
      (name) => (name === 'hostvars' ? undefined : this.#variable(hostName, name, true)),
    );
  }
}

/** A number, a boolean or null. */
function scalar(v: PyValue | VarValue): Value | undefined {
  if (v instanceof PyFloat) return v;
  return typeof v === 'string' || (typeof v === 'object' && v !== null) ? undefined : v;
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 157)}…` : line;
}
