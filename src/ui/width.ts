import stringWidth from 'string-width';

/** Columns that a text takes on a terminal: wide characters count two, colours none. */
export function columnsOf(text: string): number {
  // Most texts are plain ASCII, and frames are drawn often.
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

/** At most so many columns of a text without colours; what is left out shows as `…`. */
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

/** Exactly so many columns. */
export function padTo(text: string, columns: number): string {
  const short = cutTo(text, columns);
  return short + ' '.repeat(Math.max(0, columns - columnsOf(short)));
}
