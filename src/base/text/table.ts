import { columnsOf, padTo } from './width.js';

/** Rows as lines of aligned columns, two spaces apart. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((r) => r.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((r) => columnsOf(r[i] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, i) => padTo(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
