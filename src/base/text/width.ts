import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';

/** Columns that a text takes on a terminal: wide characters count two, colours none. */
export function columnsOf(text: string): number {
  // Most texts are plain ASCII, and frames are drawn often.
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

/** At most N columns of a text without colours; what is left out shows as `…`. */
export function cutTo(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const wide = columnsOf(segment);
    if (used + wide > columns - 1) break;
    kept += segment;
    used += wide;
  }
  return columns <= 0 ? '' : `${kept}…`;
}

/** Exactly N columns. */
export function padTo(text: string, columns: number): string {
  const short = cutTo(text, columns);
  return short + ' '.repeat(Math.max(0, columns - columnsOf(short)));
}

/** A text in lines of at most N columns, broken between words, or within a word that is wider. The lines after the first are indented. */
export function wrapTo(text: string, columns: number, indent = 2): string[] {
  const lines = wrapAnsi(text, Math.max(10, columns - indent), { hard: true }).split('\n');
  return lines.map((line, i) => (i === 0 ? line : ' '.repeat(indent) + line));
}
