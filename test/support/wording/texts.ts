import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** A stretch of prose in a file; `masked` has the same length as the source, with code replaced by a filler. */
export interface Prose {
  /** Offset in the file. */
  readonly at: number;
  readonly text: string;
}

export interface TextFile {
  readonly file: string;
  readonly source: string;
  readonly prose: readonly Prose[];
}

export function readProse(root: string, file: string): TextFile {
  const source = readFileSync(`${root}/${file}`, 'utf8');
  const prose = /\.[cm]?ts$|\.mjs$/.test(file) ? ofScript(file, source) : [{ at: 0, text: withoutCode(source, file) }];
  return { file, source, prose };
}

/** The 1-based line of an offset. */
export function lineOf(source: string, at: number): number {
  return source.slice(0, at).split('\n').length;
}

/** String literals, the text of templates, and comments. Literals without whitespace are keys and paths, not prose. */
export function ofScript(file: string, source: string): Prose[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, false);
  const out: Prose[] = [];
  const comments = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    const ranges = [
      ...(ts.getLeadingCommentRanges(source, node.pos) ?? []),
      ...(ts.getTrailingCommentRanges(source, node.end) ?? []),
    ];
    for (const c of ranges) comments.set(c.pos, c);
    if (ts.isStringLiteralLike(node)) add(node.getStart(tree) + 1, node.end - 1);
    else if (node.kind === ts.SyntaxKind.TemplateHead || node.kind === ts.SyntaxKind.TemplateMiddle)
      add(node.getStart(tree) + 1, node.end - 2, true);
    else if (node.kind === ts.SyntaxKind.TemplateTail) add(node.getStart(tree) + 1, node.end - 1, true);
    // getChildren also yields the closing brackets, which may have comments in front of them.
    for (const child of node.getChildren(tree)) visit(child);
  };
  const add = (from: number, to: number, part = false): void => {
    const text = source.slice(from, to).replaceAll(/\\[ntr]/g, '  ');
    // Comments of shell programs are pinned by the golden files.
    if (part || /\s/.test(text)) out.push({ at: from, text: text.replaceAll(/^\s*#.*$/gm, (m) => filler(m)) });
  };
  visit(tree);
  return [...out, ...joined(source, [...comments.values()])];
}

/** Comments as prose; `//` lines that follow each other are one text. */
function joined(source: string, ranges: readonly ts.CommentRange[]): Prose[] {
  const out: { at: number; end: number }[] = [];
  for (const { pos, end } of [...ranges].sort((a, b) => a.pos - b.pos)) {
    const last = out.at(-1);
    if (last && source.startsWith('//', pos) && /^\s*$/.test(source.slice(last.end, pos))) last.end = end;
    else out.push({ at: pos, end });
  }
  return out.map(({ at, end }) => ({ at, text: source.slice(at, end).replaceAll(/`[^`\n]*`/g, filler) }));
}

/** Markdown without its code, other files as they are. */
function withoutCode(source: string, file: string): string {
  if (!file.endsWith('.md')) return source;
  return source
    .replaceAll(/^( *)```[\s\S]*?^ *```/gm, filler)
    .replaceAll(/``[^`]*``|`[^`\n]*`/g, filler)
    .replaceAll(/\]\([^)]*\)/g, filler);
}

function filler(code: string): string {
  return code.replaceAll(/[^\n]/g, '_');
}
