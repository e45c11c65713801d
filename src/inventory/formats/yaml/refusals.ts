import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';

/** Where and why libyaml, which Ansible uses, refuses what the parser accepts. */
export interface Refusal {
  readonly at: number;
  readonly why: string;
}

const LINE_SEPARATOR = /[\u2028\u2029]/;

/**
 * The text with the line ends of YAML 1.1 that the parser does not know made \n: a lone carriage return and the next-line
 * character. All places stay.
 */
export function knownLineEnds(text: string): string {
  return /\r(?!\n)|\x85/.test(text) ? text.replaceAll(/\r(?!\n)|\x85/g, '\n') : text;
}

/** What libyaml would refuse, or read differently. */
export function refusalOf(document: Document.Parsed, text: string): Refusal | undefined {
  const separator = text.search(LINE_SEPARATOR);
  if (separator >= 0) return { at: separator, why: 'There is an invisible line separator (U+2028 or U+2029) here' };
  const directive = document.warnings.find((w) => w.message.startsWith('Unknown directive'));
  if (directive) return { at: directive.pos[0], why: directive.message };
  let found: Refusal | undefined;
  visit(document, {
    Node(_key, node, path) {
      const inFlow = path.some((above) => isCollection(above) && above.flow === true);
      found =
        anchorRefusal(node) ??
        (isScalar(node) ? scalarRefusal(node, text, inFlow) : undefined) ??
        (isScalar(node) && inFlow ? flowTabRefusal(node, text, path) : undefined) ??
        (isMap(node) && node.flow ? flowKeyRefusal(node, text) : undefined) ??
        tabRefusal(node, text);
      return found && visit.BREAK;
    },
  });
  return found;
}

function anchorRefusal(node: Node): Refusal | undefined {
  const name = isAlias(node) ? node.source : isScalar(node) || isCollection(node) ? node.anchor : undefined;
  if (name === undefined || /^[A-Za-z0-9_-]+$/.test(name)) return undefined;
  return { at: startOf(node), why: `The anchor ${name} contains characters other than letters, digits, - and _` };
}

function scalarRefusal(node: Scalar, text: string, inFlow: boolean): Refusal | undefined {
  const at = startOf(node);
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') {
    const [header = '', ...lines] = text.slice(at).split('\n', 1000);
    const first = lines.find((line) => !/^ *\r?$/.test(line)) ?? '';
    if (/^[|>][+-]?[1-9]/.test(header) || !/^ *\t/.test(first)) return undefined;
    return { at, why: 'The first line of this block begins with a tab' };
  }
  if (node.type !== 'PLAIN' || !inFlow) return undefined;
  const [begin = '', after = ''] = [text[at], text.slice(at, (node.range?.[1] ?? at) + 2)];
  if (node.source === '' || !(begin === ':' || begin === '?' || /:[,?[\]{}]/.test(after))) return undefined;
  return { at, why: `Within brackets ${begin === '?' ? 'a question mark' : 'a colon'} means something else here` };
}

/** Within brackets: unquoted text, then a line with a tab in the columns of the surrounding block's indentation. */
function flowTabRefusal(node: Scalar, text: string, path: readonly unknown[]): Refusal | undefined {
  if (node.type !== 'PLAIN' || !node.range) return undefined;
  const block = path.findLast((above) => isCollection(above) && !above.flow) as Node | undefined;
  if (!block) return undefined;
  const column = startOf(block) - (text.lastIndexOf('\n', startOf(block) - 1) + 1);
  const [start, end] = node.range;
  const blanks = /^\s*/.exec(text.slice(end))?.[0] ?? '';
  for (const tab of (text.slice(start, end) + blanks).matchAll(/\n( *)\t/g)) {
    if ((tab[1]?.length ?? 0) <= column) return { at: start + tab.index + 1, why: 'A tab indents this line' };
  }
  return undefined;
}

/** Within braces: empty keys, and keys whose colon is on a later line. */
function flowKeyRefusal(map: YAMLMap, text: string): Refusal | undefined {
  for (const { key, value } of map.items) {
    if (!isNode(key) || !key.range || !isNode(value)) continue;
    const [start, end] = key.range;
    if (/\?\s*$/.test(text.slice(startOf(map), start))) continue;
    const colon = text.indexOf(':', end);
    if (colon < 0 || colon >= startOf(value)) continue;
    if (start === end && !isAlias(key)) return { at: start, why: 'A colon needs a name before it' };
    if (text.slice(start, colon).includes('\n')) return { at: start, why: 'A name must be on the same line as its colon' };
  }
  return undefined;
}

/** List items after a tab. */
function tabRefusal(node: Node, text: string): Refusal | undefined {
  if (!isSeq(node) || node.flow) return undefined;
  for (const item of node.items) {
    if (!isNode(item) || isPair(item)) continue;
    const at = startOf(item);
    const before = /-[ \t]*\t[ \t]*$/.exec(text.slice(Math.max(0, at - 40), at));
    if (before) return { at: at - 1, why: 'A tab follows the dash' };
  }
  return undefined;
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
