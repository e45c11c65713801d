/**
 * A place in a file that the user wrote. `line` and `column` count from 1; 0 means unknown, so a place with line 0 is the
 * whole file.
 */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What an error is about: a place in a file, or the name of a host, an option, a variable. */
export type Where = Place | string;

/** The whole file. */
export function wholeFile(file: string): Place {
  return { file, line: 0, column: 0 };
}

/** `file:line:column`, as far as known. */
export function placeText({ file, line, column }: Place): string {
  if (line === 0) return file;
  return column === 0 ? `${file}:${line}` : `${file}:${line}:${column}`;
}

export function whereText(where: Where): string {
  return typeof where === 'string' ? where : placeText(where);
}
