import { TemplateError } from '../values/values.js';
import type { CallArgs, Expr } from './ast.js';
import type { Token } from './lexer.js';

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];
const END: Token = { type: 'op', text: 'the end' };
/** Deeper than real expressions; a limit instead of a stack overflow. */
const DEEPEST = 200;

/** Parses expressions from the tokens of one `{{ }}` or `{% %}`. Source: https://jinja.palletsprojects.com/en/stable/templates/#expressions */
export class ExpressionParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? END;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  is(text: string, type: Token['type'] = 'op'): boolean {
    const token = this.peek();
    return token.type === type && token.text === text && token !== END;
  }

  accept(text: string, type: Token['type'] = 'op'): boolean {
    if (!this.is(text, type)) return false;
    this.#at++;
    return true;
  }

  expect(text: string, type: Token['type'] = 'op'): void {
    if (!this.accept(text, type)) throw new TemplateError(`expected ${text}, found ${this.peek().text}`);
  }

  name(): string {
    const token = this.next();
    if (token.type !== 'name') throw new TemplateError(`expected a name, found ${token.text}`);
    return token.text;
  }

  end(): void {
    if (!this.done) throw new TemplateError(`${this.peek().text} is unexpected here`);
  }

  /** One value, or several with commas between them: a tuple. */
  tuple(withCondition = true): Expr {
    const item = (): Expr => (withCondition ? this.expression() : this.#or());
    const first = item();
    if (!this.is(',')) return first;
    const items = [first];
    while (this.accept(',')) {
      if (this.done || this.is(')') || this.is('in', 'name') || this.is('=')) break;
      items.push(item());
    }
    return { t: 'tuple', items };
  }

  expression(): Expr {
    if (++this.#depth > DEEPEST) throw new TemplateError('the expression is nested too deeply');
    let value = this.#or();
    while (this.accept('if', 'name')) {
      const test = this.#or();
      value = { t: 'cond', test, yes: value, ...(this.accept('else', 'name') ? { no: this.expression() } : {}) };
    }
    this.#depth--;
    return value;
  }

  /** As in `{% for x in … if … %}`: an `if` after it is not part of the expression. */
  withoutCondition(): Expr {
    return this.tuple(false);
  }

  #or(): Expr {
    let left = this.#and();
    while (this.accept('or', 'name')) left = { t: 'binary', op: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Expr {
    let left = this.#not();
    while (this.accept('and', 'name')) left = { t: 'binary', op: 'and', left, right: this.#not() };
    return left;
  }

  #not(): Expr {
    if (!this.is('not', 'name')) return this.#comparison();
    if (++this.#depth > DEEPEST) throw new TemplateError('the expression is nested too deeply');
    this.next();
    const of = this.#not();
    this.#depth--;
    return { t: 'unary', op: 'not', of };
  }

  #comparison(): Expr {
    const first = this.#sum();
    const rest: { op: string; right: Expr }[] = [];
    for (;;) {
      const token = this.peek();
      if (token.type === 'op' && COMPARISONS.includes(token.text)) rest.push({ op: this.next().text, right: this.#sum() });
      else if (this.accept('in', 'name')) rest.push({ op: 'in', right: this.#sum() });
      else if (this.is('not', 'name') && this.peek(1).text === 'in') {
        this.next();
        this.next();
        rest.push({ op: 'not in', right: this.#sum() });
      } else break;
    }
    return rest.length === 0 ? first : { t: 'compare', first, rest };
  }

  #sum(): Expr {
    return this.#chain(['+', '-'], () => this.#chain(['~'], () => this.#product()));
  }

  #product(): Expr {
    return this.#chain(['*', '/', '//', '%'], () => this.#chain(['**'], () => this.#unary()));
  }

  #chain(operators: readonly string[], operand: () => Expr): Expr {
    let left = operand();
    while (this.peek().type === 'op' && operators.includes(this.peek().text)) {
      left = { t: 'binary', op: this.next().text, left, right: operand() };
    }
    return left;
  }

  #unary(withFilter = true): Expr {
    if (++this.#depth > DEEPEST) throw new TemplateError('the expression is nested too deeply');
    const token = this.peek();
    let node: Expr;
    if (token.type === 'op' && (token.text === '-' || token.text === '+')) {
      this.next();
      node = { t: 'unary', op: token.text, of: this.#unary(false) };
    } else node = this.#postfix(this.#primary());
    this.#depth--;
    return withFilter ? this.#filters(node) : node;
  }

  #primary(): Expr {
    const token = this.next();
    if (token.type === 'name') {
      const constant = { true: true, True: true, false: false, False: false, none: null, None: null }[token.text];
      return constant === undefined ? { t: 'name', name: token.text } : { t: 'const', value: constant };
    }
    if (token.type === 'string') {
      let value = token.text;
      while (this.peek().type === 'string') value += this.next().text;
      return { t: 'const', value };
    }
    if (token.type === 'int') return { t: 'const', value: Number(token.text) };
    if (token.type === 'float') return { t: 'float', value: Number(token.text) };
    if (token.text === '(') {
      if (this.accept(')')) return { t: 'tuple', items: [] };
      const value = this.tuple();
      this.expect(')');
      return value;
    }
    if (token.text === '[') return { t: 'list', items: this.#list(']', () => this.expression()) };
    if (token.text === '{') {
      const items = this.#list('}', (): readonly [Expr, Expr] => {
        const key = this.expression();
        this.expect(':');
        return [key, this.expression()];
      });
      return { t: 'dict', items };
    }
    throw new TemplateError(token === END ? 'the expression ends too early' : `${token.text} is unexpected here`);
  }

  #list<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    while (!this.accept(close)) {
      items.push(item());
      if (!this.accept(',') && !this.is(close)) throw new TemplateError(`expected , or ${close}, found ${this.peek().text}`);
    }
    return items;
  }

  #postfix(start: Expr): Expr {
    let node = start;
    for (;;) {
      if (this.accept('.')) {
        const token = this.next();
        if (token.type === 'name') node = { t: 'attr', of: node, name: token.text };
        else if (token.type === 'int') node = { t: 'item', of: node, key: { t: 'const', value: Number(token.text) } };
        else throw new TemplateError(`expected a name after the dot, found ${token.text}`);
      } else if (this.accept('[')) node = this.#subscript(node);
      else if (this.is('(')) node = { t: 'call', of: node, args: this.args() };
      else return node;
    }
  }

  #subscript(of: Expr): Expr {
    const part = (): Expr | undefined => (this.is(':') || this.is(']') ? undefined : this.expression());
    const start = part();
    if (!this.accept(':')) {
      this.expect(']');
      if (!start) throw new TemplateError('there is nothing between [ and ]');
      return { t: 'item', of, key: start };
    }
    const stop = part();
    const step = this.accept(':') ? part() : undefined;
    this.expect(']');
    return { t: 'slice', of, ...(start && { start }), ...(stop && { stop }), ...(step && { step }) };
  }

  args(): CallArgs {
    const positional: Expr[] = [];
    const named: (readonly [string, Expr])[] = [];
    const spread: { spread?: Expr; spreadNamed?: Expr } = {};
    this.expect('(');
    while (!this.accept(')')) {
      if (this.accept('*')) spread.spread = this.expression();
      else if (this.accept('**')) spread.spreadNamed = this.expression();
      else if (this.peek().type === 'name' && this.peek(1).type === 'op' && this.peek(1).text === '=') {
        const name = this.name();
        this.next();
        named.push([name, this.expression()]);
      } else positional.push(this.expression());
      if (!this.accept(',') && !this.is(')')) throw new TemplateError(`expected , or ), found ${this.peek().text}`);
    }
    return { positional, named, ...spread };
  }

  #filters(start: Expr): Expr {
    let node = start;
    for (;;) {
      if (this.accept('|')) node = this.filter(node);
      else if (this.accept('is', 'name')) node = this.#test(node);
      else if (this.is('(')) node = { t: 'call', of: node, args: this.args() };
      else return node;
    }
  }

  filter(of: Expr | undefined): Expr {
    const name = this.#dotted();
    return { t: 'filter', of, name, args: this.is('(') ? this.args() : { positional: [], named: [] } };
  }

  #test(of: Expr): Expr {
    const negated = this.accept('not', 'name');
    const name = this.#dotted();
    let args: CallArgs = { positional: [], named: [] };
    const token = this.peek();
    if (this.is('(')) args = this.args();
    else if (
      (token.type !== 'op' && !['else', 'or', 'and', 'is', 'if', 'in', 'not'].includes(token.text)) ||
      (token.type === 'op' && '[{'.includes(token.text))
    ) {
      args = { positional: [this.#postfix(this.#primary())], named: [] };
    }
    const test: Expr = { t: 'test', of, name, args };
    return negated ? { t: 'unary', op: 'not', of: test } : test;
  }

  #dotted(): string {
    let name = this.name();
    while (this.is('.')) {
      this.next();
      name += `.${this.name()}`;
    }
    return name;
  }
}
