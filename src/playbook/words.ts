const PIECE = /(\{\{.*?\}\})|'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|(\s+)|(.)/gsy;

/**
 * Words as one writes them in a shell: quotation marks and backslashes hold one together, and nothing is expanded. An
 * expression in its braces stays as it is.
 * @returns the quotation mark that is not closed, in place of the words.
 */
export function shellWords(text: string): { readonly words: string[] } | { readonly open: string } {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, expression, single, double, escaped, space, other = ''] of text.matchAll(PIECE)) {
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (other === "'" || other === '"') return { open: other };
    word = `${word ?? ''}${expression ?? single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? other}`;
  }
  if (word !== undefined) words.push(word);
  return { words };
}
