/**
 * Levels of nesting that are read: as many as Ansible's reader, which recurses on Python's stack, gets to. The library recurses
 * as well, and Node ends the process, without an exception, when a regular expression is first used near the end of the stack.
 */
const MOST_LEVELS = 500;

/**
 * @throws RangeError for text that may nest deeper than that: open brackets, `- - -`, and ever deeper indentation. Brackets in
 * quotes count as well, so text that is near the limit may be refused though it is less deep.
 */
export function checkNesting(text: string): void {
  const indents: number[] = [];
  let open = 0;
  for (const line of text.split('\n')) {
    const content = line.replace(/(^|\s)#.*$/, '');
    if (content.trim() === '') continue;
    const before = open;
    let most = open;
    for (const c of content) {
      if (c === '[' || c === '{') most = Math.max(most, ++open);
      else if (c === ']' || c === '}') open = Math.max(0, open - 1);
    }
    if (before === 0) {
      const indent = content.length - content.trimStart().length;
      while ((indents.at(-1) ?? -1) >= indent) indents.pop();
      indents.push(indent);
    }
    const indicators = /^\s*((?:[-?:]\s+)*)/.exec(content)?.[1]?.split(/\s+/).length ?? 0;
    if (indents.length + indicators + most > MOST_LEVELS) throw new RangeError('nested too deeply');
  }
}
