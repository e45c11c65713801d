import { TemplateError } from '../values/values.js';
import type { Expr, Statement, Target } from './ast.js';
import { ExpressionParser } from './expressions.js';
import { lex, type Piece } from './lexer.js';

/** Statements of Jinja that read other files or change how templates work. */
const REFUSED = ['include', 'import', 'from', 'extends', 'block', 'call', 'do', 'break', 'continue', 'autoescape', 'trans'];

/** @throws TemplateError for what is not a template. */
export function parseTemplate(source: string): Statement[] {
  const parser = new TemplateParser(lex(source));
  const { body, end } = parser.body([]);
  if (end) throw new TemplateError(`{% ${end.word} %} has no beginning`);
  return body;
}

interface End {
  readonly word: string;
  readonly rest: ExpressionParser;
}

class TemplateParser {
  readonly #pieces: readonly Piece[];
  #at = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  /** Statements up to one of these words. */
  body(until: readonly string[]): { body: Statement[]; end?: End } {
    const body: Statement[] = [];
    for (let piece = this.#pieces[this.#at++]; piece; piece = this.#pieces[this.#at++]) {
      if (piece.kind === 'text') {
        body.push({ t: 'text', text: piece.text });
        continue;
      }
      const parser = new ExpressionParser(piece.tokens);
      if (piece.kind === 'print') {
        if (parser.done) throw new TemplateError('there is nothing between {{ and }}');
        body.push({ t: 'print', value: parser.tuple() });
        parser.end();
        continue;
      }
      const word = parser.name();
      if (until.includes(word) || word.startsWith('end') || word === 'else' || word === 'elif') {
        if (!until.includes(word)) throw new TemplateError(`{% ${word} %} is in the wrong place`);
        return { body, end: { word, rest: parser } };
      }
      body.push(this.#statement(word, parser));
    }
    if (until.length > 0) throw new TemplateError(`{% ${until.at(-1)} %} is missing`);
    return { body };
  }

  /** Statements up to the closing word, which has no arguments. */
  #closed(word: string): Statement[] {
    const { body, end } = this.body([word]);
    // {% endmacro name %} may repeat the name.
    if (end && word === 'endmacro' && !end.rest.done) end.rest.name();
    end?.rest.end();
    return body;
  }

  #statement(word: string, p: ExpressionParser): Statement {
    if (word === 'if') return this.#if(p);
    if (word === 'for') return this.#for(p);
    if (word === 'set') return this.#set(p);
    if (word === 'filter') {
      const filter = chain(p);
      p.end();
      return { t: 'filter', filter, body: this.#closed('endfilter') };
    }
    if (word === 'with') {
      const names: [string, Expr][] = [];
      while (!p.done) {
        const name = p.name();
        p.expect('=');
        names.push([name, p.expression()]);
        if (!p.accept(',')) break;
      }
      p.end();
      return { t: 'with', names, body: this.#closed('endwith') };
    }
    if (word === 'macro') return this.#macro(p);
    throw new TemplateError(
      REFUSED.includes(word) ? `{% ${word} %} is not supported in variables` : `there is no statement {% ${word} %}`,
    );
  }

  #if(p: ExpressionParser): Statement {
    const branches: { test?: Expr; body: Statement[] }[] = [];
    let test: Expr | undefined = p.withoutCondition();
    p.end();
    for (;;) {
      const { body, end } = this.body(test ? ['elif', 'else', 'endif'] : ['endif']);
      branches.push(test ? { test, body } : { body });
      if (!end || end.word === 'endif') return { t: 'if', branches };
      test = end.word === 'elif' ? end.rest.withoutCondition() : undefined;
      end.rest.end();
    }
  }

  #for(p: ExpressionParser): Statement {
    const target = targets(p);
    p.expect('in', 'name');
    const over = p.withoutCondition();
    const when = p.accept('if', 'name') ? p.expression() : undefined;
    if (p.is('recursive', 'name')) throw new TemplateError('recursive loops are not supported in variables');
    p.end();
    const { body, end } = this.body(['else', 'endfor']);
    end?.rest.end();
    const otherwise = end?.word === 'else' ? this.#closed('endfor') : [];
    return { t: 'for', target, over, ...(when && { when }), body, otherwise };
  }

  #set(p: ExpressionParser): Statement {
    const target = targets(p);
    if (p.accept('=')) {
      const value = p.tuple();
      p.end();
      return { t: 'set', target, value };
    }
    const filter = p.accept('|') ? chain(p) : undefined;
    p.end();
    return { t: 'capture', target, ...(filter && { filter }), body: this.#closed('endset') };
  }

  #macro(p: ExpressionParser): Statement {
    const name = p.name();
    const parameters: { name: string; otherwise?: Expr }[] = [];
    p.expect('(');
    while (!p.accept(')')) {
      const parameter = p.name();
      parameters.push(p.accept('=') ? { name: parameter, otherwise: p.expression() } : { name: parameter });
      if (!p.accept(',') && !p.is(')')) throw new TemplateError(`expected , or ), found ${p.peek().text}`);
    }
    p.end();
    return { t: 'macro', name, parameters, body: this.#closed('endmacro') };
  }
}

/** `upper | trim`: filters without a value. */
function chain(p: ExpressionParser): Expr {
  let node = p.filter(undefined);
  while (p.accept('|')) node = p.filter(node);
  return node;
}

function targets(p: ExpressionParser): Target {
  const one = (): Target => {
    if (p.accept('(')) {
      const inner = targets(p);
      p.expect(')');
      return inner;
    }
    const name = p.name();
    return p.accept('.') ? { t: 'attr', namespace: name, name: p.name() } : { t: 'name', name };
  };
  const first = one();
  if (!p.is(',')) return first;
  const items = [first];
  while (p.accept(',')) items.push(one());
  return { t: 'tuple', items };
}
