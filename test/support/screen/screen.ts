import { columnsOf } from '../../../src/base/text/width.js';

/**
 * What a terminal of this size shows after such output, scrolled-off lines first: enough of VT100 for the views, and an error for
 * everything else, so that a view cannot use what has not been looked at. Colours are left out.
 */
export function screenOf(output: string, columns: number, rows: number): string[] {
  const lines: string[][] = [[]];
  let top = 0;
  let [y, x] = [0, 0];
  const line = (): string[] => {
    while (lines.length <= y) lines.push([]);
    return lines[y] ?? [];
  };
  const down = (): void => {
    y++;
    line();
    if (y - top >= rows) top++;
  };
  for (const [token, command] of output.matchAll(/\x1b\[([?\d;]*[A-Za-z])|[\s\S]/gu)) {
    if (command !== undefined) {
      const n = Number.parseInt(command, 10) || 1;
      if (/^\d*A$/.test(command)) y = Math.max(top, y - n);
      else if (/^\d+C$/.test(command)) x = Math.min(columns - 1, x + n);
      else if (command === 'K') line().length = Math.min(line().length, x);
      else if (command === 'J') {
        line().length = Math.min(line().length, x);
        lines.length = y + 1;
      } else if (!/^(\?25[hl]|\?2026[hl]|[\d;]*m)$/.test(command)) throw new Error(`unknown sequence ${command}`);
    } else if (token === '\n') {
      // As a terminal in cooked mode does it.
      down();
      x = 0;
    } else if (token === '\r') x = 0;
    else {
      if ((token.codePointAt(0) ?? 0) < 32) throw new Error(`control character ${JSON.stringify(token)}`);
      const wide = columnsOf(token);
      if (x + wide > columns) {
        down();
        x = 0;
      }
      const present = line();
      while (present.length < x) present.push(' ');
      present[x] = token;
      if (wide === 2) present[x + 1] = '';
      x += wide;
    }
  }
  return lines.map((l) => l.join('').trimEnd());
}
