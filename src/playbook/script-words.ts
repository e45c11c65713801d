import { shellWords } from '../base/shell-words.js';

const EXPRESSION = /\{\{.*?\}\}/gs;
/** YAML cannot contain this character. */
const NUL = '\0';

/**
 * Words of a script's arguments, as Python's shlex splits them: quotes and backslashes keep a word together, nothing is
 * expanded, and an expression in braces is part of a word verbatim.
 *
 * @throws ShellWordsError
 */
export function scriptWords(text: string): string[] {
  const held: string[] = [];
  const plain = text.replaceAll(EXPRESSION, (expression) => `${NUL}${held.push(expression) - 1}${NUL}`);
  return shellWords(plain).map((word) => word.replaceAll(/\0(\d+)\0/g, (_, n: string) => held[Number(n)] ?? ''));
}
