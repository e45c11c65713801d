import { columnsOf, padTo, wrapTo } from './width.js';

/**
 * Rows as lines of aligned columns, two spaces apart; the first row are the headings. Where they are wider than `columns`, each row becomes
 * a paragraph instead: its first cell, then the others behind their headings.
 */
export function tableLines(rows: readonly (readonly string[])[], columns?: number): string[] {
  const count = Math.max(0, ...rows.map((r) => r.length));
  const widths = Array.from({ length: count }, (_, i) => Math.max(...rows.map((r) => columnsOf(r[i] ?? ''))));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => padTo(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return columns === undefined || lines.every((l) => columnsOf(l) <= columns) ? lines : paragraphs(rows, columns);
}

function paragraphs([headings = [], ...rows]: readonly (readonly string[])[], columns: number): string[] {
  const width = Math.max(0, ...headings.slice(1).map(columnsOf));
  return rows.flatMap(([first = '', ...rest]) => [
    ...wrapTo(first, columns),
    ...rest.flatMap((cell, i) => {
      if (cell.trim() === '') return [];
      const label = `  ${padTo(headings[i + 1] ?? '', width)}  `.trimEnd();
      const [line = '', ...more] = wrapTo(cell, columns - width - 4, 0);
      return [`${label.padEnd(width + 4)}${line}`, ...more.map((l) => ' '.repeat(width + 4) + l)];
    }),
  ]);
}

/** Columns of stdout; undefined: lines stay whole, as there is no terminal. */
export function stdoutColumns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}
