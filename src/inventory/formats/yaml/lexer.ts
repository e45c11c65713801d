import { Composer, type Document, Lexer, type LineCounter, type ParsedNode, Parser, YAMLParseError } from 'yaml';

type Options = ConstructorParameters<typeof Composer>[0] & { readonly lineCounter: LineCounter };

/** What of the lexer is not in its types, and is needed here (yaml 2.9; package.json names the version for that). */
interface Inside {
  indentNext: number;
  parseQuotedScalar(): Generator<string, unknown>;
  parseFlowCollection(): Generator<string, unknown>;
}

/**
 * Parses as `parseDocument` of the library does. Within quotes and brackets lines may begin at any column: YAML 1.2, which the
 * library reads, wants them indented; libyaml and PyYAML don't ask (`scan_flow_scalar_spaces` and `unwind_indent` of PyYAML's
 * scanner).
 * @throws what the library throws: RangeError for what is nested too deeply, Error for a broken %-line.
 */
export function parseLoosely(text: string, options: Options): Document.Parsed<ParsedNode> {
  const parser = new Parser(options.lineCounter.addNewLine);
  (parser as unknown as { lexer: Lexer }).lexer = freeLexer();
  let first: Document.Parsed<ParsedNode> | undefined;
  for (const document of new Composer(options).compose(parser.parse(text), true, text.length)) {
    if (first) {
      const [start, end] = document.range;
      first.errors.push(new YAMLParseError([start, end], 'MULTIPLE_DOCS', 'Source contains multiple documents'));
      break;
    }
    first = document as Document.Parsed<ParsedNode>;
  }
  if (!first) throw new Error('There is no document');
  return first;
}

function freeLexer(): Lexer {
  const lexer = new Lexer();
  const inside = lexer as unknown as Inside;
  const free = (parse: () => Generator<string, unknown>) =>
    function* () {
      const kept = inside.indentNext;
      inside.indentNext = 0;
      try {
        return yield* parse();
      } finally {
        inside.indentNext = kept;
      }
    };
  inside.parseQuotedScalar = free(inside.parseQuotedScalar.bind(lexer));
  inside.parseFlowCollection = free(inside.parseFlowCollection.bind(lexer));
  return lexer;
}
