import type { Expr } from './ast.js';
import { ExpressionParser } from './expressions.js';
import { lex } from './lexer.js';
import { negate } from './operators.js';
import { Float, isNumber, TemplateError, Tuple, type Value } from './values.js';

/**
 * Gives a rendered text the type that Ansible gives it (`jinja2_native` off): texts that begin like a list or a dict, True
 * and False are read as Python literals, with JSON's true, false and null; everything else stays text.
 */
export function nativeValue(text: string): Value {
  if (!text.startsWith('{') && !text.startsWith('[') && text !== 'True' && text !== 'False') return text;
  try {
    return literal(parse(text));
  } catch (error) {
    if (error instanceof TemplateError) return text;
    throw error;
  }
}

/** Python's literals are a part of Jinja's expressions. */
function parse(text: string): Expr {
  // A line break inside of brackets means nothing; tokens know their strings' escapes.
  const [piece, more] = lex(`{% ${text.replaceAll(/\b[uU](?=['"])/g, '')} %}`);
  if (more || piece?.kind !== 'block') throw new TemplateError('no literal');
  const parser = new ExpressionParser(piece.tokens);
  const tree = parser.expression();
  parser.end();
  return tree;
}

function literal(e: Expr): Value {
  if (e.t === 'const') return e.value;
  if (e.t === 'float') return Number.isInteger(e.value) ? new Float(e.value) : e.value;
  if (e.t === 'name' && e.name === 'null') return null;
  if (e.t === 'list') return e.items.map(literal);
  if (e.t === 'tuple') return Tuple.make(e.items.map(literal));
  if (e.t === 'dict') return new Map(e.items.map(([k, v]) => [literal(k), literal(v)]));
  if (e.t === 'unary' && e.op !== 'not') {
    const value = literal(e.of);
    if (isNumber(value)) return e.op === '-' ? negate(value) : value;
  }
  throw new TemplateError('no literal');
}
