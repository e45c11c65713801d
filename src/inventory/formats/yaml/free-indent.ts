import { Composer, type Document, Lexer, type LineCounter, type ParsedNode, Parser, parseDocument, YAMLParseError } from 'yaml';
import { checkNesting } from './nesting.js';

type Options = ConstructorParameters<typeof Composer>[0] & { readonly lineCounter: LineCounter };

/**
 * Parses as `parseDocument` of the library does, except that within quotes and brackets lines may begin at any column: YAML 1.2,
 * which the library reads, wants them indented; libyaml and PyYAML do not (`scan_flow_scalar_spaces` and `unwind_indent` of
 * PyYAML's scanner). Only text that the library refuses is read that way.
 * @throws as the library does: RangeError for what is nested too deeply, Error for a broken %-line.
 */
export function parseLoosely(text: string, options: Options): Document.Parsed<ParsedNode> {
  checkNesting(text);
  const strict = parseDocument(text, options) as Document.Parsed<ParsedNode>;
  if (strict.errors.length === 0) return strict;
  let first: Document.Parsed<ParsedNode> | undefined;
  for (const document of new Composer(options).compose(concreteSyntax(text), true, text.length)) {
    if (first) {
      const [start, end] = document.range;
      first.errors.push(new YAMLParseError([start, end], 'MULTIPLE_DOCS', 'Source contains multiple documents'));
      break;
    }
    first = document as Document.Parsed<ParsedNode>;
  }
  return first ?? strict;
}

function* concreteSyntax(given: string): ReturnType<Parser['parse']> {
  const { text, added } = indented(given);
  const parser = new Parser();
  for (const token of withoutAdded(new Lexer().lex(text), added)) yield* parser.next(token);
  yield* parser.end();
}

/** Tokens of the lexer that are not in the text. */
const MARKS = ['\u0002', '\u0018', '\u001f'];
const DOCUMENT_MARK = /^(---|\.\.\.)(\s|$)/;

/** Spaces added before a line. */
interface Added {
  /** Offset in the indented text. */
  readonly at: number;
  readonly length: number;
}

/** The text with lines within quotes and brackets indented enough for the library. */
function indented(given: string): { readonly text: string; readonly added: readonly Added[] } {
  const lexer = new Lexer();
  const added: Added[] = [];
  let text = '';
  let depth = 0;
  /** Text that the lexer holds back: the beginning of an open quote. */
  let pending = '';
  /** Where the outermost quote or bracket begins in its line. */
  let column = 0;
  for (const line of given.split(/(?<=\n)/)) {
    const open = depth > 0 || /^["']/.test(pending);
    const spaces = open && !DOCUMENT_MARK.test(line) ? ' '.repeat(column + 1) : '';
    if (spaces !== '') added.push({ at: text.length, length: spaces.length });
    text += spaces + line;
    if (!open) column = 0;
    pending += spaces + line;
    for (const token of lexer.lex(spaces + line, true)) {
      if (MARKS.includes(token)) continue;
      pending = pending.slice(token.length);
      if (token === ']' || token === '}') depth = Math.max(0, depth - 1);
      if (depth === 0) column = token.endsWith('\n') ? 0 : column + token.length;
      if (token === '[' || token === '{') depth++;
    }
  }
  return { text, added };
}

/** The tokens of an indented text without the added spaces: all places are those of the given text. */
function* withoutAdded(tokens: Iterable<string>, added: readonly Added[]): Generator<string> {
  let end = 0;
  let next = 0;
  for (const token of tokens) {
    if (MARKS.includes(token)) {
      yield token;
      continue;
    }
    const start = end;
    end += token.length;
    let own = token;
    for (let cut = 0; next < added.length; next++) {
      const { at, length } = added[next] as Added;
      if (at >= end) break;
      own = own.slice(0, at - start - cut) + own.slice(at - start - cut + length);
      cut += length;
    }
    // An empty scalar is an empty token.
    if (own !== '' || token === '') yield own;
  }
}
