import { InputError } from '../../base/errors.js';

const BEGIN = '# BEGIN kubewright shell';
const END = '# END kubewright shell';
/** What else has to go with the block, so that the file is byte for byte what it was. */
const NOTES = { newline: ' (and the newline before this line)', file: ' (and this file)' } as const;

/**
 * A start-up file with our lines at its end, or in the place where they are already.
 * @param old undefined: there is no such file.
 * @param lines without a final newline.
 * @throws InputError where the block in it is damaged.
 */
export function withBlock(old: string | undefined, lines: string, path: string): string {
  const found = find(old ?? '', path);
  if (found && old !== undefined) return old.slice(0, found.start) + block(found.note, lines) + old.slice(found.end);
  if (old === undefined) return block(NOTES.file, lines);
  const open = old !== '' && !old.endsWith('\n');
  return `${old}${open ? '\n' : ''}${block(open ? NOTES.newline : '', lines)}`;
}

/**
 * The file without it. @returns undefined: it was ours and nothing else is in it.
 * @throws InputError where the block in it is damaged.
 */
export function withoutBlock(old: string, path: string): string | undefined {
  const found = find(old, path);
  if (!found) return old;
  const after = old.slice(found.end);
  // What was added behind it since needs a line of its own.
  const start = found.note === NOTES.newline && after === '' ? found.start - 1 : found.start;
  const rest = old.slice(0, start) + after;
  return rest === '' && found.note === NOTES.file ? undefined : rest;
}

function block(note: string, lines: string): string {
  return `${BEGIN}${note}\n${lines}\n${END}\n`;
}

function find(text: string, path: string): { start: number; end: number; note: string } | undefined {
  const begin = new RegExp(`^${BEGIN}( \\(.*\\))?\n`, 'm').exec(text);
  if (!begin) return undefined;
  const end = new RegExp(`^${END}(\n|$)`, 'm').exec(text.slice(begin.index));
  if (end) return { start: begin.index, end: begin.index + end.index + end[0].length, note: begin[1] ?? '' };
  const line = text.slice(0, begin.index).split('\n').length;
  throw new InputError({
    what: "Kubewright's lines in it have no end",
    where: { file: path, line, column: 0 },
    why: `There is "${BEGIN}" but no "${END}"`,
    fix: 'Remove what is left of them, and run this again',
  });
}
